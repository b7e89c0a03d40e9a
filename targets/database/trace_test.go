package database_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rung/targets"
	"rung/targets/database"
	"rung/targets/trace"
)

// journal keeps the lines of a JSON log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// statements returns the lines about statements, and forgets all lines.
func (j *journal) statements(t *testing.T) (lines []map[string]any) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		if fields["msg"] == "statement" {
			lines = append(lines, fields)
		}
	}
	j.text.Reset()
	return lines
}

func TestTracedStatementsAreLogged(t *testing.T) {
	j := &journal{}
	s := start(t, spec(), database.Config{Role: "db", Log: slog.New(slog.NewJSONHandler(j, nil))})
	c := connect(t, s.address, "")
	traced := trace.New(true)
	traced.Request = "a request's id; */ --"
	simple := pgx.QueryExecModeSimpleProtocol
	comment := traced.Comment()
	quiet := trace.New(false).Comment()
	for _, x := range []struct {
		name    string
		query   string
		args    []any
		classes []string
		state   string
	}{
		{"read", "SELECT name FROM users WHERE id = $1" + comment, []any{pgx.QueryExecModeExec, 4}, []string{"read"}, ""},
		{"prepared", "SELECT name FROM users WHERE id = $1 /* x */" + comment + " ; ", []any{5}, []string{"read"}, ""},
		{"join", "SELECT u.name FROM users u JOIN orders o ON o.customer_id = u.id WHERE u.id = 5" + comment, []any{simple}, []string{"join"}, ""},
		{"write", "INSERT INTO posts VALUES ('id', 1, 'secret', 0)" + comment, []any{simple}, []string{"write"}, ""},
		{"error", "INSERT INTO posts VALUES ('id', 1, 'secret', 0)" + comment, []any{simple}, []string{"write"}, "23505"},
		{"a script", "BEGIN" + comment + "; SELECT 1" + comment + "; SELECT 2; UPDATE users SET city = 'secret' WHERE id = 1" + comment + "; COMMIT", []any{simple}, []string{"read", "write"}, ""},
		{"not sampled", "SELECT 1" + quiet, nil, nil, ""},
		{"in front", strings.TrimSpace(comment) + " SELECT 1", nil, nil, ""},
		{"in a literal", "SELECT '" + strings.ReplaceAll(comment, "'", "''") + "'", []any{simple}, nil, ""},
		{"no comment", "SELECT 1", nil, nil, ""},
		{"not a statement of the data", "SHOW server_version" + comment, []any{simple}, nil, ""},
	} {
		_, err := c.Exec(t.Context(), x.query, x.args...)
		if got := sqlState(err); got != x.state || err != nil && got == "" {
			t.Errorf("%s: %v", x.name, err)
		}
		var lines []map[string]any
		eventually(t, x.name+" is logged", func() bool {
			lines = append(lines, j.statements(t)...)
			return len(lines) >= len(x.classes)
		})
		if len(lines) != len(x.classes) {
			t.Fatalf("%s: %v", x.name, lines)
		}
		for i, line := range lines {
			state, _ := line["sqlstate"].(string)
			took, ok := line["took_ns"].(float64)
			if line["class"] != x.classes[i] || state != x.state || !ok || took <= 0 || line["role"] != "db" {
				t.Errorf("%s: %v", x.name, line)
			}
			for n := 0; n < len(traced.Attrs()); n += 2 {
				if key := traced.Attrs()[n].(string); line[key] != traced.Attrs()[n+1] {
					t.Errorf("%s: %s is %v, want %v", x.name, key, line[key], traced.Attrs()[n+1])
				}
			}
			for key, value := range line {
				if text, _ := value.(string); strings.Contains(text, "secret") {
					t.Errorf("%s: %s tells %q", x.name, key, text)
				}
			}
		}
	}
}

// TestCommentsAreNotShipped: they change neither what replicas run nor which pages
// are touched.
func TestCommentsAreNotShipped(t *testing.T) {
	t.Parallel()
	c := newCircleOf(t, groupSpec(targets.ModeSynchronous, time.Second, []string{"a", "b", "c"}), nil)
	c.primary()
	comment := trace.New(true).Comment()
	const update = "UPDATE users SET city = 'Ulm' WHERE id = 7"
	c.all("a", update, update+comment, "/* x */ "+update+" -- y", strings.TrimSpace(comment)+update+"/**/"+comment)
	c.same()
	operations := rowsOf(t, c.connect("a"), "SELECT operation FROM rung_log WHERE length(operation) > 0")
	if len(operations) != 4 {
		t.Fatalf("%d operations", len(operations))
	}
	for _, o := range operations {
		if o != operations[0] {
			t.Errorf("%s is shipped beside %s", o, operations[0])
		}
	}
}
