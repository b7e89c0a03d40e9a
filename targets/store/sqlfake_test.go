package store_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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
	// group has what was written.
	group *fakeGroup

	mu       sync.Mutex
	listener net.Listener      // nil when it is only dialled through dial
	sessions map[net.Conn]bool // nil when it is away
	serving  sync.WaitGroup
}

// fakeScript is what goes wrong. The zero value is nothing.
type fakeScript struct {
	start  string        // SQLSTATE that a session is refused with
	code   string        // SQLSTATE of statements
	fatal  bool          // and then it hangs up
	hangUp bool          // without a word
	dies   bool          // the whole server, when it has carried out a write
	stuck  chan struct{} // answers nothing, not even to new clients, until it is closed
	// only is the kind of statements that this is about: "INSERT", "UPDATE"; "" is all.
	only string
}

// startFakes starts members of a group. The first one is the primary.
func startFakes(t testing.TB, names ...string) (fakes map[string]*fakeSQL, members []store.SQLMember) {
	t.Helper()
	fakes = makeFakes(t, names...)
	for _, name := range names {
		f := fakes[name]
		f.start()
		t.Cleanup(f.stop)
		members = append(members, store.SQLMember{Name: name, Address: f.address})
	}
	return fakes, members
}

func makeFakes(t testing.TB, names ...string) map[string]*fakeSQL {
	fakes := map[string]*fakeSQL{}
	group := &fakeGroup{carried: map[string]int{}, posts: map[string]bool{}}
	for i, name := range names {
		f := &fakeSQL{t: t, name: name, address: "127.0.0.1:0", group: group}
		f.standby.Store([]string{"off", "on"}[min(i, 1)])
		f.show.Store("")
		f.script.Store(&fakeScript{})
		fakes[name] = f
	}
	return fakes
}

// dial makes a connection in memory, for tests whose time is not real.
func (f *fakeSQL) dial() (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sessions == nil {
		return nil, syscall.ECONNREFUSED
	}
	near, far := net.Pipe()
	f.sessions[far] = true
	f.serving.Go(func() { f.serve(far) })
	return near, nil
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
	f.kill()
	f.serving.Wait()
}

// kill is stop by one of its own sessions.
func (f *fakeSQL) kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listener != nil {
		_ = f.listener.Close() // may be closed
	}
	for c := range f.sessions {
		_ = c.Close()
	}
	f.sessions = nil
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
		if op := (*net.OpError)(nil); !errors.As(err, &op) && !errors.Is(err, io.ErrClosedPipe) {
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
		// A cancel request, for one, which is malformed when it comes of a session that
		// had not begun.
		return errors.Join(errHangUp, err)
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
		if m.Name != "" {
			s.fake.group.mu.Lock()
			s.fake.group.prepared = append(s.fake.group.prepared, m.Query)
			s.fake.group.mu.Unlock()
		}
		s.out.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Describe:
		if m.ObjectType == 'S' {
			s.describe(s.queries[m.Name], true)
		} else {
			s.describe(s.queries[s.bound.PreparedStatement], false)
		}
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
	fakeBytes = 17
	fakeInt8  = 20
	fakeText  = 25
)

func (s *fakeSession) describe(query string, statement bool) {
	if statement {
		types := []uint32{fakeInt8}
		if isWrite(query) {
			types = []uint32{fakeText, fakeInt8, fakeText, fakeInt8}
			switch {
			case strings.HasPrefix(query, "UPDATE"):
				types = []uint32{fakeInt8, fakeText}
			case strings.HasPrefix(query, "INSERT INTO sessions"):
				types = []uint32{fakeText, fakeBytes, fakeInt8}
			}
		}
		s.out.Send(&pgproto3.ParameterDescription{ParameterOIDs: types})
	}
	if isWrite(query) {
		s.out.Send(&pgproto3.NoData{})
		return
	}
	format := int16(1)
	if s.plain() {
		format = 0
	}
	s.out.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
		{Name: []byte("id"), DataTypeOID: fakeInt8, DataTypeSize: 8, Format: format}, {Name: []byte("name"), DataTypeOID: fakeText},
		{Name: []byte("email"), DataTypeOID: fakeText}, {Name: []byte("city"), DataTypeOID: fakeText},
	}})
}

// plain says that the statement that is bound was not prepared: all is text.
func (s *fakeSession) plain() bool { return s.bound != nil && s.bound.PreparedStatement == "" }

func (s *fakeSession) execute(query string) error {
	f := s.fake
	script := f.script.Load()
	if script.stuck != nil {
		<-script.stuck
	}
	if !strings.HasPrefix(query, script.only) {
		script = &fakeScript{}
	}
	f.group.mu.Lock()
	f.group.texts = append(f.group.texts, query)
	f.group.mu.Unlock()
	write := isWrite(query)
	if write {
		f.writes.Add(1)
	} else {
		f.reads.Add(1)
	}
	switch {
	case script.hangUp:
		return errHangUp
	case script.dies && write:
		f.group.insert(string(s.bound.Parameters[0]))
		f.kill()
		return errHangUp
	case script.code != "":
		return s.fail(script.code, script.fatal)
	case write && (f.standby.Load() == "on" || f.show.Load() == "on"):
		return s.fail("25006", false)
	case write && strings.HasPrefix(query, "UPDATE"):
		s.out.Send(&pgproto3.CommandComplete{CommandTag: []byte("UPDATE 1")})
	case write:
		rows := f.group.insert(string(s.bound.Parameters[0]))
		s.out.Send(&pgproto3.CommandComplete{CommandTag: fmt.Appendf(nil, "INSERT 0 %d", rows)})
	default:
		id := []byte("1")
		if len(s.bound.Parameters) > 0 {
			id = slices.Clone(s.bound.Parameters[0]) // as it came: in text or in binary
		}
		s.out.Send(&pgproto3.DataRow{Values: [][]byte{id, []byte(f.name), []byte("e"), []byte("c")}})
		s.out.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
	}
	return nil
}
