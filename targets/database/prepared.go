package database

import (
	"database/sql/driver"

	"github.com/jackc/pgx/v5/pgproto3"
)

// maxKept bounds what the prepared statements and portals of a session hold, in
// bytes; keptEach is what each costs beside its texts.
const (
	maxKept  = 8 << 20
	keptEach = 1 << 10
)

// prepared is a prepared statement.
type prepared struct {
	statement *statement
	// params are the types of the parameters, 0 where the server does not know:
	// the client then sends text.
	params  []uint32
	columns []column
	size    int
}

// portal is a statement with its arguments, ready to run or run already.
type portal struct {
	prepared *prepared
	args     []driver.NamedValue
	formats  []int16
	size     int
	// done says that it has run. What it returned beyond the row limit of its
	// Execute waits in rest, one row up to each of ends; sent are gone.
	done bool
	rest []byte
	ends []int
	sent int
}

// keep makes room for so many bytes, or refuses.
func (s *session) keep(size int) *failure {
	if s.kept+size > maxKept {
		return fail(codeNoMemory, "prepared statements and portals of a session may hold %d bytes", maxKept)
	}
	s.kept += size
	return nil
}

func (s *session) closeStatement(name string) {
	if p, ok := s.prepared[name]; ok {
		s.kept -= p.size
		delete(s.prepared, name)
	}
}

func (s *session) closePortal(name string) {
	if p, ok := s.portals[name]; ok {
		s.kept -= p.size
		delete(s.portals, name)
	}
}

func (s *session) closePortals() {
	for name := range s.portals {
		s.closePortal(name)
	}
}

func (s *session) forgetStatements() {
	for name := range s.prepared {
		s.closeStatement(name)
	}
}

// forget drops all statements and portals.
func (s *session) forget() {
	s.closePortals()
	s.forgetStatements()
}

// close drops a statement or a portal; one that is not there is no error.
func (s *session) close(m *pgproto3.Close) {
	if m.ObjectType == 'S' {
		s.closeStatement(m.Name)
	} else {
		s.closePortal(m.Name)
	}
	s.out.send(&pgproto3.CloseComplete{})
}

// bind makes a portal.
func (s *session) bind(m *pgproto3.Bind) *failure {
	p, ok := s.prepared[m.PreparedStatement]
	if !ok {
		return fail(codeNoStatement, "prepared statement %q does not exist", clip(m.PreparedStatement))
	}
	if m.DestinationPortal == "" {
		s.closePortal("")
	} else if _, taken := s.portals[m.DestinationPortal]; taken {
		return fail(codeDupCursor, "portal %q already exists", clip(m.DestinationPortal))
	}
	if s.block.status == failed && p.statement.verb != verbCommit && p.statement.verb != verbRollback {
		return s.permit(p.statement)
	}
	if len(m.Parameters) != len(p.params) {
		return fail(codeProtocol, "bind message supplies %d parameters, but the statement requires %d",
			len(m.Parameters), len(p.params))
	}
	if f := checkFormats(m.ParameterFormatCodes, len(p.params)); f != nil {
		return f
	}
	if f := checkFormats(m.ResultFormatCodes, len(p.columns)); f != nil {
		return f
	}
	o := &portal{prepared: p, formats: append([]int16(nil), m.ResultFormatCodes...), size: keptEach + len(m.DestinationPortal)}
	if len(m.Parameters) > 0 {
		o.args = make([]driver.NamedValue, len(m.Parameters))
	}
	for i, raw := range m.Parameters {
		v, f := decodeValue(raw, p.params[i], formatAt(m.ParameterFormatCodes, i))
		if f != nil {
			return f
		}
		o.args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
		o.size += len(raw) + 48
	}
	if f := s.keep(o.size); f != nil {
		return f
	}
	s.portals[m.DestinationPortal] = o
	s.out.send(&pgproto3.BindComplete{})
	return nil
}

// checkFormats checks a list of format codes: none, one for all, or one each.
func checkFormats(formats []int16, n int) *failure {
	if len(formats) > 1 && len(formats) != n {
		return fail(codeProtocol, "bind message has %d format codes for %d values", len(formats), n)
	}
	for _, f := range formats {
		if f != formatText && f != formatBinary {
			return fail(codeBadParameter, "unsupported format code %d", f)
		}
	}
	return nil
}
