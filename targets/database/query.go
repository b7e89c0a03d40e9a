package database

import (
	"context"

	"github.com/jackc/pgx/v5/pgproto3"
)

// query runs a script of the simple protocol. Several statements are one
// transaction, unless the script has its own.
func (s *session) query(script string) *failure {
	s.closePortal("")
	if f := s.script(script); f != nil {
		s.tell(f)
		if f.fatal() {
			s.out.flush()
			return f
		}
	}
	s.ready()
	return nil
}

func (s *session) script(script string) *failure {
	statements, f := parse(script)
	if f != nil {
		return f
	}
	if len(statements) == 0 {
		s.out.send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	for i, st := range statements {
		if len(statements) > 1 && s.block.status == idle && i+1 < len(statements) {
			s.block.begin(true, s.readOnlyByDefault())
		}
		last := i+1 == len(statements)
		if f := s.within(func(ctx context.Context) error { return s.simple(ctx, st, last) }); f != nil {
			return f
		}
	}
	return nil
}

// simple runs one statement of a script and sends its whole answer.
func (s *session) simple(ctx context.Context, st *statement, last bool) error {
	if f := s.permit(st); f != nil {
		return f
	}
	if st.params > 0 {
		return fail(codeNoParameter, "there is no parameter $%d", st.params)
	}
	columns, err := s.columns(ctx, st)
	if err != nil {
		return err
	}
	to := &sink{columns: columns, out: &s.out}
	if len(columns) > 0 {
		if st.engine() {
			infer(st, *s.server.engine.types.Load(), nil).results(columns)
		}
		s.out.send(describe(columns, nil))
	}
	tag, err := s.run(ctx, st, nil, to)
	if err != nil {
		return err
	}
	if last && s.block.implicit {
		if err := s.commit(ctx); err != nil {
			return err
		}
	}
	s.out.send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
	return nil
}
