package database

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// maxMessage bounds a message from a client, in bytes.
const maxMessage = 1 << 20

// session serves one client. It is used by one goroutine, but for running and
// stop.
type session struct {
	server   *Server
	conn     net.Conn
	in       *pgproto3.Backend
	out      outbox
	ctx      context.Context
	id       uint32
	secret   uint32
	settings settings
	block    block
	prepared map[string]*prepared
	portals  map[string]*portal
	// kept is the size of what prepared and portals hold, in bytes.
	kept int
	// skipping drops messages until the next Sync, after an error.
	skipping bool
	spent    spent
	// ahead is a message that was received before its turn.
	ahead    pgproto3.FrontendMessage
	aheadErr error

	mu     sync.Mutex
	cancel context.CancelCauseFunc // of the running statement, or nil
	// evicted says that the session may not keep the write lock.
	evicted bool
}

func newSession(ctx context.Context, s *Server, conn net.Conn) *session {
	in := pgproto3.NewBackend(conn, conn)
	in.SetMaxBodyLen(maxMessage)
	return &session{
		server: s, conn: conn, in: in, out: outbox{ctx: ctx, conn: conn}, ctx: ctx,
		settings: newSettings(s.version()), block: block{status: idle},
		prepared: map[string]*prepared{}, portals: map[string]*portal{},
	}
}

// running tells which statement a CancelRequest would stop.
func (s *session) running(cancel context.CancelCauseFunc) {
	s.mu.Lock()
	s.cancel = cancel
	s.mu.Unlock()
}

// stop cancels the running statement, if there is one.
func (s *session) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel(errUserCancel)
	}
}

// serve talks to the client until either side ends the session. What the client
// left unfinished is undone.
func (s *session) serve() {
	defer s.rollback()
	for s.out.err == nil {
		m, err := s.receive()
		if err != nil {
			if f := s.ending(err); f != nil {
				s.server.counters.errors.Add(1)
				s.out.fail(f)
				s.out.flush()
			}
			return
		}
		if _, ok := m.(*pgproto3.Terminate); ok {
			return
		}
		if f := s.handle(m); f != nil && s.failed(f) {
			return
		}
	}
}

// receive returns the next message.
func (s *session) receive() (pgproto3.FrontendMessage, error) {
	if m, err := s.ahead, s.aheadErr; m != nil || err != nil {
		s.ahead, s.aheadErr = nil, nil
		return m, err
	}
	for {
		var limit time.Time
		if s.block.writer != nil {
			limit = time.Now().Add(idleLimit)
		}
		if err := s.await(limit); err != nil {
			return nil, err
		}
		// The end of the server sets a deadline in the past, which the line above
		// may have undone.
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		m, err := s.in.Receive()
		// An eviction may come when the session has just given the lock back: the
		// client need not know of it.
		if err == nil || !timedOut(err) || s.ctx.Err() != nil || !s.spared() {
			return m, err
		}
	}
}

// peek returns the next message and leaves it to be received.
func (s *session) peek() pgproto3.FrontendMessage {
	s.ahead, s.aheadErr = s.receive()
	return s.ahead
}

// ending words the end of a session for the client; nil when it is the client
// that ended it.
func (s *session) ending(err error) *failure {
	var long *pgproto3.ExceededMaxBodyLenErr
	switch {
	case s.ctx.Err() != nil:
		return shutdownFailure()
	case errors.As(err, &long):
		return fatal(codeTooBig, "a message of %d bytes is too long: at most %d", long.ActualBodyLen, long.MaxExpectedBodyLen)
	case s.block.writer != nil && s.mustGo():
		return fatal(codeShutdown, "terminating connection: this server is no longer the primary")
	case timedOut(err):
		if s.block.writer != nil {
			return fatal(codeIdleInBlock, "terminating connection due to idle-in-transaction timeout")
		}
		return nil
	case closed(err):
		return nil
	}
	return fatal(codeProtocol, "invalid message: %v", err)
}

// handle does what a message asks for.
func (s *session) handle(m pgproto3.FrontendMessage) *failure {
	if s.skipping {
		if _, ok := m.(*pgproto3.Sync); !ok {
			return nil
		}
	}
	switch m := m.(type) {
	case *pgproto3.Query:
		return s.query(m.String)
	case *pgproto3.Parse:
		return s.parse(m)
	case *pgproto3.Bind:
		return s.bind(m)
	case *pgproto3.Describe:
		return s.describe(m)
	case *pgproto3.Execute:
		return s.execute(m)
	case *pgproto3.Close:
		s.close(m)
		return nil
	case *pgproto3.Sync:
		return s.sync()
	case *pgproto3.Flush:
		s.out.flush()
		return nil
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		return nil // left over from a COPY that was refused
	case *pgproto3.FunctionCall:
		s.tell(fail(codeUnsupported, "function calls by protocol message are not supported"))
		s.ready()
		return nil
	}
	return fatal(codeProtocol, "unexpected message %T", m)
}

// failed reports an error of the extended protocol to the client and undoes what
// it spoiled. It returns true when the session is over.
func (s *session) failed(f *failure) bool {
	s.tell(f)
	s.skipping = true
	if f.fatal() {
		s.out.flush()
	}
	return f.fatal()
}

// tell sends one error and aborts the transaction.
func (s *session) tell(f *failure) {
	s.server.counters.errors.Add(1)
	s.abort()
	s.out.fail(f)
}

// ready ends a round: the client may send again.
func (s *session) ready() {
	if s.spent.known {
		s.out.send(s.spent.report())
		s.spent = spent{}
	}
	if s.learnStandby() {
		s.out.send(&pgproto3.ParameterStatus{Name: standbyParameter, Value: s.settings.get(standbyParameter)})
	}
	if s.block.status == idle {
		s.closePortals() // they live as long as their transaction
	}
	s.out.send(&pgproto3.ReadyForQuery{TxStatus: s.block.status})
	s.out.flush()
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
