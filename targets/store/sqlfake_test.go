package store_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"rung/targets/store"
)

// fakeSQL speaks enough of the PostgreSQL protocol for one member of a group. Every
// user is called by the member's name, so that it shows who has answered. It keeps its
// address when it goes away and comes back.
type fakeSQL struct {
	t       testing.TB
	name    string
	address string
	// standby is what the member says it is; "" is a server that does not report
	// it, and show what such a one answers to SHOW ("" is an error).
	standby, show atomic.Value
	// script is how statements are answered.
	script atomic.Pointer[fakeScript]
	// started, reads and writes count sessions, and statements that arrived.
	started, reads, writes atomic.Int64

	mu       sync.Mutex
	listener net.Listener
	sessions map[net.Conn]bool
	serving  sync.WaitGroup
}

// fakeScript is what goes wrong. The zero value is nothing.
type fakeScript struct {
	start  string        // SQLSTATE that a session is refused with
	code   string        // SQLSTATE of statements
	fatal  bool          // and then it hangs up
	hangUp bool          // without a word
	stuck  chan struct{} // answers nothing, not even to new clients, until it is closed
}

// startFakes starts members of a group. The first one is the primary.
func startFakes(t testing.TB, names ...string) (fakes map[string]*fakeSQL, members []store.SQLMember) {
	t.Helper()
	fakes = map[string]*fakeSQL{}
	for i, name := range names {
		f := &fakeSQL{t: t, name: name, address: "127.0.0.1:0"}
		f.standby.Store([]string{"off", "on"}[min(i, 1)])
		f.show.Store("")
		f.script.Store(&fakeScript{})
		f.start()
		t.Cleanup(f.stop)
		fakes[name] = f
		members = append(members, store.SQLMember{Name: name, Address: f.address})
	}
	return fakes, members
}

func (f *fakeSQL) start() {
	f.t.Helper()
	l, err := net.Listen("tcp", f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.address, f.listener, f.sessions = l.Addr().String(), l, map[net.Conn]bool{}
	f.serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			known := f.sessions != nil
			if known {
				f.sessions[c] = true
				f.serving.Go(func() { f.serve(c) })
			}
			f.mu.Unlock()
			if !known {
				_ = c.Close()
			}
		}
	})
}

// stop hangs up on everybody, like a process that is killed.
func (f *fakeSQL) stop() {
	f.mu.Lock()
	_ = f.listener.Close() // may be closed
	for c := range f.sessions {
		_ = c.Close()
	}
	f.sessions = nil
	f.mu.Unlock()
	f.serving.Wait()
}

// clients are the connections that are open.
func (f *fakeSQL) clients() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sessions)
}

func (f *fakeSQL) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.sessions, c)
	}()
	s := &fakeSession{fake: f, out: pgproto3.NewBackend(c, c), queries: map[string]string{}}
	err := s.run()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errHangUp) {
		if op := (*net.OpError)(nil); !errors.As(err, &op) {
			f.t.Errorf("member %s: %v", f.name, err)
		}
	}
}

var errHangUp = errors.New("hang up")

type fakeSession struct {
	fake    *fakeSQL
	out     *pgproto3.Backend
	queries map[string]string // prepared, by name
	bound   *pgproto3.Bind
	said    string // the standby status of the last report
	failed  bool   // until the next Sync
}

// report tells the client what the member is, if that is news.
func (s *fakeSession) report() {
	if now := s.fake.standby.Load().(string); now != s.said {
		s.said = now
		s.out.Send(&pgproto3.ParameterStatus{Name: "in_hot_standby", Value: now})
	}
}

func (s *fakeSession) ready() error {
	s.report()
	s.out.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	return s.out.Flush()
}

// fail sends an error; a fatal one ends the session.
func (s *fakeSession) fail(code string, fatal bool) error {
	severity := "ERROR"
	if fatal {
		severity = "FATAL"
	}
	s.out.Send(&pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: code, Message: "scripted"})
	if !fatal {
		s.failed = true
		return nil
	}
	return errors.Join(errHangUp, s.out.Flush())
}

func (s *fakeSession) run() error {
	hello, err := s.out.ReceiveStartupMessage()
	if _, starts := hello.(*pgproto3.StartupMessage); err != nil || !starts {
		return err // a cancel request, for one
	}
	script := s.fake.script.Load()
	if script.stuck != nil {
		<-script.stuck
	}
	if script.start != "" {
		return s.fail(script.start, true)
	}
	s.fake.started.Add(1)
	s.out.Send(&pgproto3.AuthenticationOk{})
	s.out.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte("none")})
	if err := s.ready(); err != nil {
		return err
	}
	for {
		m, err := s.out.Receive()
		if err != nil {
			return err
		}
		if _, sync := m.(*pgproto3.Sync); sync {
			s.failed = false
			if err := s.ready(); err != nil {
				return err
			}
			continue
		}
		if s.failed {
			continue
		}
		if err := s.answer(m); err != nil {
			return err
		}
	}
}

func isWrite(query string) bool {
	return strings.HasPrefix(query, "INSERT") || strings.HasPrefix(query, "UPDATE")
}

func (s *fakeSession) answer(m pgproto3.FrontendMessage) error {
	switch m := m.(type) {
	case *pgproto3.Parse:
		s.queries[m.Name] = m.Query
		s.out.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Describe:
		s.describe(s.queries[m.Name], m.ObjectType == 'S')
	case *pgproto3.Bind:
		s.bound = m
		s.out.Send(&pgproto3.BindComplete{})
	case *pgproto3.Execute:
		return s.execute(s.queries[s.bound.PreparedStatement])
	case *pgproto3.Query: // SHOW transaction_read_only
		show := s.fake.show.Load().(string)
		if show == "" {
			s.out.Send(&pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "42704", Message: "scripted"})
			return s.ready()
		}
		s.out.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("transaction_read_only"), DataTypeOID: 25}}})
		s.out.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(show)}})
		s.out.Send(&pgproto3.CommandComplete{CommandTag: []byte("SHOW")})
		return s.ready()
	case *pgproto3.Close:
		delete(s.queries, m.Name)
		s.out.Send(&pgproto3.CloseComplete{})
	case *pgproto3.Terminate:
		return io.EOF
	}
	return nil
}

const (
	fakeInt8 = 20
	fakeText = 25
)

func (s *fakeSession) describe(query string, statement bool) {
	if statement {
		types := []uint32{fakeInt8}
		if isWrite(query) {
			types = []uint32{fakeText, fakeInt8, fakeText, fakeInt8}
			if strings.HasPrefix(query, "UPDATE") {
				types = []uint32{fakeInt8, fakeText}
			}
		}
		s.out.Send(&pgproto3.ParameterDescription{ParameterOIDs: types})
	}
	if isWrite(query) {
		s.out.Send(&pgproto3.NoData{})
		return
	}
	s.out.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
		{Name: []byte("id"), DataTypeOID: fakeInt8, DataTypeSize: 8, Format: 1}, {Name: []byte("name"), DataTypeOID: fakeText},
		{Name: []byte("email"), DataTypeOID: fakeText}, {Name: []byte("city"), DataTypeOID: fakeText},
	}})
}

func (s *fakeSession) execute(query string) error {
	f := s.fake
	script := f.script.Load()
	if script.stuck != nil {
		<-script.stuck
	}
	write := isWrite(query)
	if write {
		f.writes.Add(1)
	} else {
		f.reads.Add(1)
	}
	switch {
	case script.hangUp:
		return errHangUp
	case script.code != "":
		return s.fail(script.code, script.fatal)
	case write && (f.standby.Load() == "on" || f.show.Load() == "on"):
		return s.fail("25006", false)
	case write:
		s.out.Send(&pgproto3.CommandComplete{CommandTag: []byte("INSERT 0 1")})
	default:
		id := binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(s.bound.Parameters[0]))
		s.out.Send(&pgproto3.DataRow{Values: [][]byte{id, []byte(f.name), []byte("e"), []byte("c")}})
		s.out.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
	}
	return nil
}
