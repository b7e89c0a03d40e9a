package trace_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/targets/trace"
)

func TestComment(t *testing.T) {
	c, err := trace.Parse(parent)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Comment(), " /*traceparent='"+parent+"'*/"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	c.Request = "it's */ a /* trap+%"
	want := " /*request_id='it%27s%20%2A%2F%20a%20%2F%2A%20trap%2B%25',traceparent='" + parent + "'*/"
	if got := c.Comment(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	c.Request = "a\x00b"
	if got := c.Comment(); strings.Contains(got, "request_id") {
		t.Errorf("a request id that is not allowed is sent: %q", got)
	}
	if got := (trace.Context{}).Comment(); got != "" {
		t.Errorf("no trace has the comment %q", got)
	}
}

func TestFromComment(t *testing.T) {
	ours := "/*request_id='order-7',traceparent='" + parent + "'*/"
	tests := []struct {
		name, sql string
		ok        bool
		request   string
	}{
		{"ours", "SELECT 1 " + ours, true, "order-7"},
		{"with a semicolon", "SELECT 1 " + ours + " ;\n", true, "order-7"},
		{"alone", ours, true, "order-7"},
		{"after another", "/* hint */ SELECT 1 /* what */ " + ours, true, "order-7"},
		{"among other fields", `SELECT 1 /*action='a%2Cb', db_driver='it\'s',traceparent='` + parent + `',x=''*/`, true, ""},
		{"request not allowed", "SELECT 1 /*request_id='%0A',traceparent='" + parent + "'*/", true, ""},
		{"long statement", strings.Repeat("SELECT 1;", 1e5) + ours, true, "order-7"},
		{"none", "SELECT 1", false, ""},
		{"empty", "", false, ""},
		{"in front", ours + " SELECT 1", false, ""},
		{"in a literal", "SELECT '" + strings.ReplaceAll(ours, "'", "''") + "'", false, ""},
		{"no traceparent", "SELECT 1 /*request_id='order-7'*/", false, ""},
		{"prose", "SELECT 1 /* it's me */", false, ""},
		{"not closed", "SELECT 1 /*traceparent='" + parent + "*/", false, ""},
		{"not opened", "SELECT 1 traceparent='" + parent + "'*/", false, ""},
		{"run on", "SELECT 1 /*request_id='a'traceparent='" + parent + "'*/", false, ""},
		{"wrong escape", "SELECT 1 /*a='%zz',traceparent='" + parent + "'*/", false, ""},
		{"backslash at the end", `SELECT 1 /*a='\*/`, false, ""},
		{"too long", "SELECT 1 /*a='" + strings.Repeat("x", 5000) + "',traceparent='" + parent + "'*/", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, ok := trace.FromComment(tt.sql)
			if ok != tt.ok || c.Request != tt.request || (ok && c.String() != parent) {
				t.Errorf("got %+v, %v", c, ok)
			}
		})
	}
}

func TestCommentAndFromComment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := contexts().Draw(t, "context")
		sql := rapid.String().Draw(t, "sql") + c.Comment()
		if got, ok := trace.FromComment(sql); !ok || got != c {
			t.Fatalf("%+v became %+v, %v by %q", c, got, ok, sql)
		}
	})
}

// TestCommentIsOne holds that whatever the request id is, the comment opens
// once, ends once and at its end, and has no more quotes than its own.
func TestCommentIsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := trace.New(true)
		c.Request = rapid.OneOf(rapid.String(), rapid.StringMatching(`['*/\\$?%;: -]{1,128}`)).Draw(t, "request")
		s := c.Comment()
		body, closed := strings.CutSuffix(strings.TrimPrefix(s, " /*"), "*/")
		if !strings.HasPrefix(s, " /*") || !closed || strings.ContainsAny(body, "*/\\;$?\r\n\x00") {
			t.Fatalf("comment is %q", s)
		}
		if quotes := strings.Count(body, "'"); quotes != 2 && quotes != 4 {
			t.Fatalf("comment has %d quotes: %q", quotes, s)
		}
	})
}
