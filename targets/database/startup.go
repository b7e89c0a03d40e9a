package database

import (
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// startLimit is how long a client may take for the start of its session.
const startLimit = 10 * time.Second

// start receives the start-up message and answers it, up to the first
// ReadyForQuery. It reports whether a session has begun.
func (s *session) start() bool {
	if s.conn.SetReadDeadline(time.Now().Add(startLimit)) != nil || s.ctx.Err() != nil {
		return false
	}
	// A client asks for TLS once and for GSS encryption once, at most.
	for range 3 {
		m, err := s.in.ReceiveStartupMessage()
		if err != nil {
			if !closed(err) && s.ctx.Err() == nil {
				s.refuse(fatal(codeProtocol, "invalid start of a session: %v", err))
			}
			return false
		}
		switch m := m.(type) {
		case *pgproto3.SSLRequest, *pgproto3.GSSEncRequest:
			s.out.buf = append(s.out.buf, 'N')
			if s.out.flush() != nil {
				return false
			}
		case *pgproto3.CancelRequest:
			s.server.cancel(m.ProcessID, m.SecretKey)
			return false
		case *pgproto3.StartupMessage:
			return s.greet(m)
		}
	}
	return false
}

// refuse ends a session that has not begun.
func (s *session) refuse(f *failure) {
	s.server.counters.errors.Add(1)
	s.out.fail(f)
	s.out.flush()
}

// greet answers a start-up message.
func (s *session) greet(m *pgproto3.StartupMessage) bool {
	user := m.Parameters["user"]
	if user == "" {
		s.refuse(fatal(codeBadUser, "no PostgreSQL user name specified in startup packet"))
		return false
	}
	if m.Parameters["replication"] == peerReplication && s.server.member != nil {
		s.servePeer(m.Parameters[compression])
		return false
	}
	if r := m.Parameters["replication"]; r != "" && onOff(r) == "on" || r == "database" {
		s.refuse(fatal(codeUnsupported, "replication connections are not supported"))
		return false
	}
	var unknown []string
	for name, value := range m.Parameters {
		switch {
		case name == "user", name == "database", name == "options", name == "replication":
		case strings.HasPrefix(name, "_pq_."):
			unknown = append(unknown, name)
		default:
			k, f := s.settings.put(name, value)
			if f != nil {
				f.severity = severityFatal
				s.refuse(f)
				return false
			}
			if !k.fixed {
				s.settings.base[k.name] = s.settings.get(k.name)
			}
		}
	}
	s.learnStandby()
	clear(s.settings.set) // what the client starts with is what RESET goes back to
	if !s.server.admit(s) {
		s.refuse(fatal(codeTooMany, "sorry, too many clients already"))
		return false
	}
	if m.ProtocolVersion > pgproto3.ProtocolVersion30 || len(unknown) > 0 {
		s.out.send(&pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: 0, UnrecognizedOptions: unknown})
	}
	s.out.send(&pgproto3.AuthenticationOk{})
	s.out.send(&pgproto3.ParameterStatus{Name: "session_authorization", Value: clip(user)})
	for _, p := range s.settings.reports() {
		s.out.send(p)
	}
	s.out.send(&pgproto3.BackendKeyData{ProcessID: s.id, SecretKey: s.key()})
	s.ready()
	if s.out.err != nil {
		s.server.dismiss(s)
		return false
	}
	return true
}

// closed reports whether an error is only the end of the connection.
func closed(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrClosedPipe) || errors.As(err, &op)
}
