package database

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5/pgproto3"
)

// parse makes a prepared statement. SQLite compiles it now, so that unknown
// tables and columns are reported before anything is bound.
func (s *session) parse(m *pgproto3.Parse) *failure {
	name := m.Name
	if name == "" {
		s.closeStatement("")
	} else if _, taken := s.prepared[name]; taken {
		return fail(codeDupStatement, "prepared statement %q already exists", clip(name))
	}
	statements, f := parse(m.Query)
	if f != nil {
		return f
	}
	st := &statement{}
	switch {
	case len(statements) > 1:
		return fail(codeSyntax, "cannot insert multiple commands into a prepared statement")
	case len(statements) == 1:
		st = statements[0]
		if f := s.permit(st); f != nil && f.code != codeReadOnly {
			return f
		}
	}
	p := &prepared{statement: st, size: keptEach + len(name) + 8*len(m.Query)}
	if f := s.within(func(ctx context.Context) (err error) {
		p.columns, err = s.columns(ctx, st)
		return err
	}); f != nil {
		return f
	}
	if len(m.ParameterOIDs) > st.params {
		// Parameters that the text does not use still have to be bound.
		st.params = min(len(m.ParameterOIDs), maxParam)
	}
	if st.engine() {
		in := infer(st, *s.server.engine.types.Load(), m.ParameterOIDs)
		in.results(p.columns)
		p.params = in.params
	}
	if f := s.keep(p.size); f != nil {
		return f
	}
	s.prepared[name] = p
	s.out.send(&pgproto3.ParseComplete{})
	return nil
}

// describe tells what a statement takes and returns, or what a portal returns.
func (s *session) describe(m *pgproto3.Describe) *failure {
	var columns []column
	var formats []int16
	if m.ObjectType == 'S' {
		p, ok := s.prepared[m.Name]
		if !ok {
			return fail(codeNoStatement, "prepared statement %q does not exist", clip(m.Name))
		}
		columns = p.columns
		s.out.send(&pgproto3.ParameterDescription{ParameterOIDs: p.params})
	} else {
		o, ok := s.portals[m.Name]
		if !ok {
			return fail(codeNoCursor, "portal %q does not exist", clip(m.Name))
		}
		columns, formats = o.prepared.columns, o.formats
	}
	if len(columns) == 0 {
		s.out.send(&pgproto3.NoData{})
	} else {
		s.out.send(describe(columns, formats))
	}
	return nil
}

// execute runs a portal, or sends more of what it returned.
func (s *session) execute(m *pgproto3.Execute) *failure {
	o, ok := s.portals[m.Portal]
	if !ok {
		return fail(codeNoCursor, "portal %q does not exist", clip(m.Portal))
	}
	st, limit := o.prepared.statement, int(min(m.MaxRows, 1<<30))
	if st.empty() {
		s.out.send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	if o.done {
		if len(o.prepared.columns) == 0 {
			return fail(codeNotReady, "portal %q cannot be run", clip(m.Portal))
		}
		s.more(o, limit, string(verbSelect))
		return nil
	}
	// A write that is the whole pipeline is committed on its own; one of many
	// makes the pipeline a transaction.
	if st.write && s.block.status == idle {
		if _, end := s.peek().(*pgproto3.Sync); !end {
			s.block.begin(true, s.readOnlyByDefault())
		}
	}
	o.done = true
	to := &sink{columns: o.prepared.columns, formats: o.formats, out: &s.out}
	if limit > 0 && len(to.columns) > 0 {
		to.out, to.keep = &outbox{}, true
	}
	var tag string
	if f := s.within(func(ctx context.Context) (err error) {
		tag, err = s.run(ctx, st, o.args, to)
		return err
	}); f != nil {
		return f
	}
	if !to.keep {
		s.out.send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
		return nil
	}
	if f := s.keep(len(to.out.buf)); f != nil {
		return f
	}
	o.size += len(to.out.buf)
	o.rest, o.ends = to.out.buf, to.ends
	s.more(o, limit, tag)
	return nil
}

// more sends up to limit rows (0: all) of a portal that has run.
func (s *session) more(o *portal, limit int, tag string) {
	n := len(o.ends) - o.sent
	if limit > 0 {
		n = min(n, limit)
	}
	if n > 0 && s.out.err == nil {
		from := 0
		if o.sent > 0 {
			from = o.ends[o.sent-1]
		}
		s.out.buf = append(s.out.buf, o.rest[from:o.ends[o.sent+n-1]]...)
		o.sent += n
	}
	if o.sent < len(o.ends) {
		s.out.send(&pgproto3.PortalSuspended{})
		return
	}
	if o.prepared.statement.verb == verbSelect {
		tag = string(verbSelect) + " " + strconv.Itoa(n)
	}
	s.out.send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
}

// sync ends a pipeline: its transaction is committed, unless the client opened
// one itself.
func (s *session) sync() *failure {
	s.skipping = false
	if s.block.implicit {
		if f := s.within(s.commit); f != nil {
			s.tell(f)
			if f.fatal() {
				s.out.flush()
				return f
			}
		}
	}
	s.ready()
	return nil
}
