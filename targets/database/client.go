package database

import (
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"
)

// client is a small client of a PostgreSQL: one that restores transactions. It
// uses nothing that is special to this server. It is for one goroutine.
type client struct {
	out  io.Writer
	wire *pgproto3.Frontend
}

// refusal is an error that the server reports.
type refusal struct{ code, message string }

func (r refusal) Error() string { return r.code + ": " + r.message }

// newClient starts a session.
func newClient(conn io.ReadWriter) (*client, error) {
	c := &client{out: conn, wire: pgproto3.NewFrontend(conn, conn)}
	start := &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "rung", "database": "shop"}}
	b, err := start.Encode(nil)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(b); err != nil {
		return nil, err
	}
	_, _, err = c.answer()
	return c, err
}

// answer reads up to ReadyForQuery. It returns the last command tag, how many
// rows came, and what the server refused.
func (c *client) answer() (tag string, rows int, err error) {
	for {
		m, failed := c.wire.Receive()
		if failed != nil {
			return "", 0, errors.Join(err, failed)
		}
		switch m := m.(type) {
		case *pgproto3.CommandComplete:
			tag = string(m.CommandTag)
		case *pgproto3.DataRow:
			rows++
		case *pgproto3.ErrorResponse:
			err = refusal{m.Code, m.Message}
		case *pgproto3.ReadyForQuery:
			return tag, rows, err
		}
	}
}

// command runs a statement without parameters.
func (c *client) command(text string) error {
	b, err := (&pgproto3.Query{String: text}).Encode(nil)
	if err != nil {
		return err
	}
	if _, err := c.out.Write(b); err != nil {
		return err
	}
	_, _, err = c.answer()
	return err
}

// errTooLong says that a statement does not fit into one message.
var errTooLong = fmt.Errorf("a row takes more than a message of %d bytes", maxMessage)

// run runs a statement with parameters and returns how many rows it affected or
// returned.
func (c *client) run(q question) (rows int, err error) {
	bind := &pgproto3.Bind{Parameters: q.values, ParameterFormatCodes: q.formats}
	var b []byte
	for _, m := range []pgproto3.FrontendMessage{
		&pgproto3.Parse{Query: q.text.String(), ParameterOIDs: q.types}, bind, &pgproto3.Execute{}, &pgproto3.Sync{},
	} {
		before := len(b)
		if b, err = m.Encode(b); err != nil {
			return 0, err
		}
		if len(b)-before > maxMessage {
			return 0, errTooLong
		}
	}
	if _, err := c.out.Write(b); err != nil {
		return 0, err
	}
	tag, rows, err := c.answer()
	if err != nil || rows > 0 {
		return rows, err
	}
	if _, err := fmt.Sscanf(tag, "INSERT 0 %d", &rows); err == nil {
		return rows, nil
	}
	var verb string
	if _, err := fmt.Sscanf(tag, "%s %d", &verb, &rows); err != nil {
		return 0, fmt.Errorf("unexpected command tag %q", tag)
	}
	return rows, nil
}
