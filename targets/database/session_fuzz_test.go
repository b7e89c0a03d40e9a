package database_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"rung/targets/database"
)

// pipes is a listener whose connections are pipes inside the process.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// messages encodes what a client sends.
func messages(list ...pgproto3.FrontendMessage) []byte {
	var b []byte
	for _, m := range list {
		var err error
		if b, err = m.Encode(b); err != nil {
			panic(err)
		}
	}
	return b
}

// FuzzSession sends any bytes to the server, as they are and behind a proper start.
// It must neither crash nor hang, must not write outside of a commit, and must
// serve the next client.
func FuzzSession(f *testing.F) {
	startup := messages(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "me"}})
	f.Add(messages(&pgproto3.Query{String: "BEGIN; INSERT INTO posts VALUES ('a', 1, 'x', 0) RETURNING id; ROLLBACK"}))
	f.Add(messages(&pgproto3.Parse{Name: "s", Query: "SELECT id FROM users WHERE id > $1", ParameterOIDs: []uint32{20}}, &pgproto3.Describe{ObjectType: 'S', Name: "s"},
		&pgproto3.Bind{DestinationPortal: "p", PreparedStatement: "s", Parameters: [][]byte{{0, 0, 0, 0, 0, 0, 0, 1}}, ParameterFormatCodes: []int16{1}, ResultFormatCodes: []int16{1}},
		&pgproto3.Execute{Portal: "p", MaxRows: 2}, &pgproto3.Execute{Portal: "p"}, &pgproto3.Close{ObjectType: 'P', Name: "p"}, &pgproto3.Flush{}, &pgproto3.Sync{}))
	f.Add(messages(&pgproto3.Query{String: "SET a.b = 'c'"}, &pgproto3.Query{String: "SHOW ALL"}, &pgproto3.Query{String: "DISCARD ALL"}, &pgproto3.Terminate{}))
	f.Add(messages(&pgproto3.SSLRequest{}))
	f.Add(messages(&pgproto3.CancelRequest{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}}))
	f.Add(messages(&pgproto3.FunctionCall{}, &pgproto3.CopyDone{}, &pgproto3.PasswordMessage{Password: "x"}))
	f.Add([]byte{'B', 0, 0, 0, 12, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})

	l := newPipes()
	s, err := database.New(spec(), database.Config{Directory: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background(), l) }()
	f.Cleanup(func() {
		if err := errors.Join(s.Close(), <-served); err != nil {
			f.Error(err)
		}
	})
	send := func(t *testing.T, data []byte) []byte {
		client, server := net.Pipe()
		defer client.Close()
		l.conns <- server
		client.SetDeadline(time.Now().Add(time.Minute))
		var answer []byte
		var reader sync.WaitGroup
		reader.Go(func() { answer, _ = io.ReadAll(client) })
		if _, err := client.Write(data); err != nil && errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the server stopped reading: %v", err)
		}
		client.Close()
		reader.Wait()
		return answer
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		send(t, data)
		// A short time-out, since a fuzzer can write endless queries as well.
		timeout := messages(&pgproto3.Query{String: "SET statement_timeout = 100"})
		send(t, append(append(append([]byte{}, startup...), timeout...), data...))

		client, server := net.Pipe()
		defer client.Close()
		l.conns <- server
		client.SetDeadline(time.Now().Add(time.Minute))
		front := pgproto3.NewFrontend(client, client)
		if _, err := client.Write(startup); err != nil {
			t.Fatal(err)
		}
		for {
			m, err := front.Receive()
			if err != nil {
				t.Fatalf("the next client: %v", err)
			}
			if _, ok := m.(*pgproto3.ReadyForQuery); ok {
				break
			}
		}
	})
}
