package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// peerReplication is the value of the start-up parameter "replication" that
// members of a group greet each other with.
const peerReplication = "rung"

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
	if err := greetPeer(ctx, conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("member %s: %w", name, err)
	}
	return conn, nil
}

func greetPeer(ctx context.Context, conn net.Conn) error {
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	start := &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30,
		Parameters: map[string]string{"user": "rung", "replication": peerReplication}}
	b, err := start.Encode(nil)
	if err != nil {
		return err
	}
	if _, err := conn.Write(b); err != nil {
		return err
	}
	var answer [len(greeted)]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return err
	}
	if answer != greeted {
		return errors.New("it does not take part in replication")
	}
	return nil
}

// servePeer hands a member's connection over to the group.
func (s *session) servePeer() {
	if s.conn.SetReadDeadline(time.Time{}) != nil {
		return
	}
	if _, err := s.conn.Write(greeted[:]); err != nil {
		return
	}
	s.server.member.group.Serve(s.conn)
}
