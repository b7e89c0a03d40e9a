package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"rung/targets/replication"
)

// peerReplication is the value of the start-up parameter "replication" that
// members of a group greet each other with.
const peerReplication = "rung"

// compression is the start-up parameter by which a member asks for a compressed
// stream of messages, and zstandard the one sort there is. The answer, after the
// greeting, is one byte, as that to a client that asks for encryption.
const (
	compression  = "compression"
	zstandard    = "zstd"
	compress     = 'S'
	dontCompress = 'N'
)

// greeted is AuthenticationOk on the wire.
var greeted = [9]byte{'R', 0, 0, 0, 8, 0, 0, 0, 0}

// dialPeer opens a connection to another member for the group's messages: a
// start-up message, as a standby of PostgreSQL sends one, and the other's
// consent.
func (s *Server) dialPeer(ctx context.Context, name string) (net.Conn, error) {
	if s.config.Dial == nil {
		return nil, errors.New("there is no way to other members")
	}
	conn, err := s.config.Dial(ctx, name)
	if err != nil {
		return nil, err
	}
	compressed, err := greetPeer(ctx, conn, s.spec.Replication.Compress)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("member %s: %w", name, err)
	}
	if compressed {
		return replication.Compressed{Conn: conn}, nil
	}
	return conn, nil
}

// greetPeer reports whether the other member agrees to compression, when it is
// asked.
func greetPeer(ctx context.Context, conn net.Conn, ask bool) (compressed bool, err error) {
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	start := &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30,
		Parameters: map[string]string{"user": "rung", "replication": peerReplication}}
	if ask {
		start.Parameters[compression] = zstandard
	}
	b, err := start.Encode(nil)
	if err != nil {
		return false, err
	}
	if _, err := conn.Write(b); err != nil {
		return false, err
	}
	var answer [len(greeted)]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return false, err
	}
	if answer != greeted {
		return false, errors.New("it does not take part in replication")
	}
	if !ask {
		return false, nil
	}
	var verdict [1]byte
	if _, err := io.ReadFull(conn, verdict[:]); err != nil {
		return false, err
	}
	switch verdict[0] {
	case compress:
		return true, nil
	case dontCompress:
		return false, nil
	}
	return false, fmt.Errorf("it answers %q to a request for compression", verdict[:])
}

// servePeer hands a member's connection over to the group. What the member asks
// for is compressed if this one is configured for it as well.
func (s *session) servePeer(asked string) {
	if s.conn.SetReadDeadline(time.Time{}) != nil {
		return
	}
	conn, answer := s.conn, append([]byte(nil), greeted[:]...)
	switch {
	case asked == "":
	case asked == zstandard && s.server.spec.Replication.Compress:
		conn, answer = replication.Compressed{Conn: s.conn}, append(answer, compress)
	default:
		answer = append(answer, dontCompress)
	}
	if _, err := s.conn.Write(answer); err != nil {
		return
	}
	s.server.member.group.Serve(conn)
}
