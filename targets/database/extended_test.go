package database_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"rung/targets/database"
)

// raw speaks the protocol message by message.
type raw struct {
	t *testing.T
	*pgproto3.Frontend
}

func dialRaw(t *testing.T, address string) raw {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	r := raw{t, pgproto3.NewFrontend(c, c)}
	r.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "me"}})
	r.expect("ReadyForQuery I")
	return r
}

// expect sends what is pending and reads messages up to one that is described by
// last. It returns a description of all but parameters and keys.
func (r raw) expect(last string) []string {
	r.t.Helper()
	if err := r.Flush(); err != nil {
		r.t.Fatal(err)
	}
	var got []string
	for len(got) == 0 || got[len(got)-1] != last {
		m, err := r.Receive()
		if err != nil {
			r.t.Fatalf("%v after %q", err, got)
		}
		switch m := m.(type) {
		case *pgproto3.ParameterStatus, *pgproto3.BackendKeyData, *pgproto3.AuthenticationOk:
		case *pgproto3.ReadyForQuery:
			got = append(got, fmt.Sprintf("ReadyForQuery %c", m.TxStatus))
		case *pgproto3.CommandComplete:
			got = append(got, "CommandComplete "+string(m.CommandTag))
		case *pgproto3.ErrorResponse:
			got = append(got, "Error "+m.Code)
		case *pgproto3.DataRow:
			got = append(got, fmt.Sprintf("Row %q", m.Values))
		case *pgproto3.ParameterDescription:
			got = append(got, fmt.Sprintf("Parameters %v", m.ParameterOIDs))
		case *pgproto3.RowDescription:
			line := "Columns"
			for _, f := range m.Fields {
				line += fmt.Sprintf(" %s:%d:%d", f.Name, f.DataTypeOID, f.Format)
			}
			got = append(got, line)
		default:
			got = append(got, strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3."))
		}
	}
	return got
}

func (r raw) check(last string, want ...string) {
	r.t.Helper()
	if got := r.expect(last); fmt.Sprint(got) != fmt.Sprint(append(want, last)) {
		r.t.Errorf("answers %q; want %q", got, append(want, last))
	}
}

func TestExtendedProtocol(t *testing.T) {
	s := start(t, spec(), database.Config{})
	r := dialRaw(t, s.address)

	// A named statement, described, bound twice, with both formats.
	r.Send(&pgproto3.Parse{Name: "u", Query: "SELECT id, name FROM users WHERE id = $1"})
	r.Send(&pgproto3.Describe{ObjectType: 'S', Name: "u"})
	r.Send(&pgproto3.Sync{})
	r.check("ReadyForQuery I", "ParseComplete", "Parameters [20]", "Columns id:20:0 name:25:0")
	r.Send(&pgproto3.Bind{PreparedStatement: "u", Parameters: [][]byte{[]byte("2")}, ResultFormatCodes: []int16{1, 0}})
	r.Send(&pgproto3.Describe{ObjectType: 'P'})
	r.Send(&pgproto3.Execute{})
	r.Send(&pgproto3.Execute{})
	r.Send(&pgproto3.Sync{})
	r.check("ReadyForQuery I", "BindComplete", "Columns id:20:1 name:25:0",
		`Row ["\x00\x00\x00\x00\x00\x00\x00\x02" "User 2"]`, "CommandComplete SELECT 1", "CommandComplete SELECT 0")

	// After an error everything is skipped until Sync.
	r.Send(&pgproto3.Parse{Query: "SELECT nope"})
	r.Send(&pgproto3.Bind{})
	r.Send(&pgproto3.Execute{})
	r.Send(&pgproto3.Sync{})
	r.Send(&pgproto3.Sync{})
	r.check("ReadyForQuery I", "Error 42703")
	r.check("ReadyForQuery I")

	// Rows in portions.
	r.Send(&pgproto3.Parse{Query: "SELECT id FROM users WHERE id <= 3 ORDER BY id"})
	r.Send(&pgproto3.Bind{DestinationPortal: "p"})
	r.Send(&pgproto3.Execute{Portal: "p", MaxRows: 2})
	r.Send(&pgproto3.Flush{})
	r.check("PortalSuspended", "ParseComplete", "BindComplete", `Row ["1"]`, `Row ["2"]`)
	r.Send(&pgproto3.Execute{Portal: "p", MaxRows: 2})
	r.Send(&pgproto3.Close{ObjectType: 'P', Name: "p"})
	r.Send(&pgproto3.Close{ObjectType: 'S', Name: "no such"})
	r.Send(&pgproto3.Sync{})
	r.check("ReadyForQuery I", `Row ["3"]`, "CommandComplete SELECT 1", "CloseComplete", "CloseComplete")

	// Nothing at all.
	r.Send(&pgproto3.Parse{Query: " -- nothing"})
	r.Send(&pgproto3.Bind{})
	r.Send(&pgproto3.Describe{ObjectType: 'P'})
	r.Send(&pgproto3.Execute{})
	r.Send(&pgproto3.Sync{})
	r.check("ReadyForQuery I", "ParseComplete", "BindComplete", "NoData", "EmptyQueryResponse")

	// Transactions by the extended protocol.
	for _, q := range []struct{ query, status string }{{"BEGIN", "T"}, {"SELECT 1 FROM nowhere", "E"}, {"SELECT 1", "E"}, {"ROLLBACK", "I"}} {
		r.Send(&pgproto3.Parse{Query: q.query})
		r.Send(&pgproto3.Bind{})
		r.Send(&pgproto3.Execute{})
		r.Send(&pgproto3.Sync{})
		r.expect("ReadyForQuery " + q.status)
	}
}

func TestProtocolErrors(t *testing.T) {
	s := start(t, spec(), database.Config{})
	for _, c := range []struct {
		name, code string
		messages   []pgproto3.FrontendMessage
	}{
		{"unknown statement", "26000", []pgproto3.FrontendMessage{&pgproto3.Bind{PreparedStatement: "x"}}},
		{"unknown portal", "34000", []pgproto3.FrontendMessage{&pgproto3.Execute{Portal: "x"}}},
		{"describe unknown statement", "26000", []pgproto3.FrontendMessage{&pgproto3.Describe{ObjectType: 'S', Name: "x"}}},
		{"describe unknown portal", "34000", []pgproto3.FrontendMessage{&pgproto3.Describe{ObjectType: 'P', Name: "x"}}},
		{"statement twice", "42P05", []pgproto3.FrontendMessage{&pgproto3.Parse{Name: "a", Query: "SELECT 1"}, &pgproto3.Parse{Name: "a", Query: "SELECT 1"}}},
		{"portal twice", "42P03", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "SELECT 1"}, &pgproto3.Bind{DestinationPortal: "p"}, &pgproto3.Bind{DestinationPortal: "p"}}},
		{"two statements", "42601", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "SELECT 1; SELECT 2"}}},
		{"too few parameters", "08P01", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "SELECT $1"}, &pgproto3.Bind{}}},
		{"wrong number of formats", "08P01", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "SELECT 1"}, &pgproto3.Bind{ResultFormatCodes: []int16{0, 0}}}},
		{"unknown format", "22023", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "SELECT 1"}, &pgproto3.Bind{ResultFormatCodes: []int16{7}}}},
		{"not a number", "22P02", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "SELECT * FROM users WHERE id = $1"}, &pgproto3.Bind{Parameters: [][]byte{[]byte("x")}}}},
		{"short binary", "22P03", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "SELECT * FROM users WHERE id = $1"}, &pgproto3.Bind{Parameters: [][]byte{{1}}, ParameterFormatCodes: []int16{1}}}},
		{"not UTF-8", "22021", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "SELECT $1"}, &pgproto3.Bind{Parameters: [][]byte{{0xff}}}}},
		{"a write run twice", "55000", []pgproto3.FrontendMessage{&pgproto3.Parse{Query: "DELETE FROM photos"}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Execute{}}},
		{"too much kept", "53200", tooMuch()},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := dialRaw(t, s.address)
			for _, m := range c.messages {
				r.Send(m)
			}
			r.Send(&pgproto3.Sync{})
			got := r.expect("ReadyForQuery I")
			if len(got) < 2 || got[len(got)-2] != "Error "+c.code {
				t.Errorf("answers %q; want error %s", got, c.code)
			}
		})
	}
}

// tooMuch prepares statements that together are larger than a session may keep.
func tooMuch() []pgproto3.FrontendMessage {
	query := "SELECT 1 /*" + strings.Repeat("x", 500_000) + "*/"
	var list []pgproto3.FrontendMessage
	for i := range 20 {
		list = append(list, &pgproto3.Parse{Name: fmt.Sprint(i), Query: query})
	}
	return list
}
