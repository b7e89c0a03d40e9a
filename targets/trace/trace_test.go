package trace_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/targets/trace"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// contexts draws any Context that New and FromHeader can make.
func contexts() *rapid.Generator[trace.Context] {
	return rapid.Custom(func(t *rapid.T) trace.Context {
		c := trace.New(rapid.Bool().Draw(t, "sampled"))
		c.Request = rapid.StringMatching(`[!-~]([ -~]{0,126}[!-~])?`).Draw(t, "request")
		return c
	})
}

func TestNew(t *testing.T) {
	c, d := trace.New(true), trace.New(false)
	if c.Trace == d.Trace || c.Span == d.Span || !c.Sampled || d.Sampled {
		t.Errorf("two new contexts are %+v and %+v", c, d)
	}
	if trace.TraceOf(c.Request) != c.Trace {
		t.Errorf("request %q does not lead to its own trace %x", c.Request, c.Trace)
	}
	child := c.Child()
	if child.Span == c.Span {
		t.Error("a child has its parent's span")
	}
	if child.Span = c.Span; child != c {
		t.Errorf("child is %+v, want all but the span of %+v", child, c)
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		ok         bool
		sampled    bool
	}{
		{"of the standard", parent, true, true},
		{"not sampled", strings.TrimSuffix(parent, "01") + "00", true, false},
		{"other flags", strings.TrimSuffix(parent, "01") + "fe", true, false},
		{"all flags", strings.TrimSuffix(parent, "01") + "ff", true, true},
		{"newer version", "cc" + parent[2:], true, true},
		{"newer version, longer", "cc" + parent[2:] + "-what-ever", true, true},
		{"newer version, run on", "cc" + parent[2:] + "1", false, false},
		{"version 00, longer", parent + "-x", false, false},
		{"version ff", "ff" + parent[2:], false, false},
		{"upper case", strings.ToUpper(parent), false, false},
		{"no trace", "00-" + strings.Repeat("0", 32) + parent[35:], false, false},
		{"no span", parent[:36] + strings.Repeat("0", 16) + "-01", false, false},
		{"short", parent[:54], false, false},
		{"wrong dash", strings.Replace(parent, "-", "_", 1), false, false},
		{"no hex", strings.Replace(parent, "4bf9", "4bg9", 1), false, false},
		{"space around", " " + parent, false, false},
		{"empty", "", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := trace.Parse(tt.text)
			if (err == nil) != tt.ok || c.Sampled != tt.sampled {
				t.Fatalf("got %+v, %v", c, err)
			}
			if !tt.ok {
				if c != (trace.Context{}) {
					t.Errorf("an error comes with %+v", c)
				}
				return
			}
			if got := hex.EncodeToString(c.Trace[:]); got != "4bf92f3577b34da6a3ce929d0e0e4736" {
				t.Errorf("trace is %s", got)
			}
			if got := hex.EncodeToString(c.Span[:]); got != "00f067aa0ba902b7" || c.Request != "" {
				t.Errorf("span is %s, request %q", got, c.Request)
			}
		})
	}
}

func TestStringAndParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := contexts().Draw(t, "context")
		got, err := trace.Parse(c.String())
		if err != nil {
			t.Fatal(err)
		}
		if c.Request = ""; got != c {
			t.Fatalf("%+v became %+v", c, got)
		}
	})
}

func TestTraceOf(t *testing.T) {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	tests := []struct{ name, request, want string }{
		{"hexadecimal", id, id},
		{"upper case", strings.ToUpper(id), id},
		{"UUID", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", id},
		// printf order-7 | sha256sum
		// and of 32 zeros, which are no trace id.
		{"word", "order-7", "df8cf80227ec3237922df0ecd88385c5"},
		{"all zero", strings.Repeat("0", 32), "84e0c0eafaa95a34c293f278ac52e45c"},
		{"UUID of another shape", "4bf92f3577-b3-4da6-a3ce-929d0e0e4736", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sum := trace.TraceOf(tt.request)
			got := hex.EncodeToString(sum[:])
			if tt.want == "" {
				if got == id {
					t.Error("it was taken for a UUID")
				}
				return
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestFromHeader(t *testing.T) {
	const ours = "4bf92f3577b34da6a3ce929d0e0e4736"
	tests := []struct {
		name    string
		header  http.Header
		ok      bool
		sampled bool
		request string
	}{
		{"nothing", http.Header{}, false, false, ""},
		{"parent", http.Header{"Traceparent": {parent}}, true, true, ours},
		{"both", http.Header{"Traceparent": {parent}, "X-Request-Id": {"order-7"}}, true, true, "order-7"},
		{"not sampled", http.Header{"Traceparent": {parent[:53] + "00"}, "X-Request-Id": {"order-7"}}, true, false, "order-7"},
		{"request", http.Header{"X-Request-Id": {ours}}, true, true, ours},
		{"as NATS keeps them", http.Header{"traceparent": {parent}, "x-request-id": {"order-7"}}, true, true, "order-7"},
		{"wrong parent", http.Header{"Traceparent": {"00-0"}, "X-Request-Id": {ours}}, true, true, ours},
		{"wrong parent alone", http.Header{"Traceparent": {"00-0"}}, false, false, ""},
		{"two parents", http.Header{"Traceparent": {parent, parent}}, false, false, ""},
		{"two requests", http.Header{"X-Request-Id": {"a", "b"}}, false, false, ""},
		{"request too long", http.Header{"X-Request-Id": {strings.Repeat("x", 129)}}, false, false, ""},
		{"request with a newline", http.Header{"X-Request-Id": {"a\nb"}}, false, false, ""},
		{"request not ASCII", http.Header{"X-Request-Id": {"ö"}}, false, false, ""},
		{"request empty", http.Header{"X-Request-Id": {""}}, false, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, ok := trace.FromHeader(tt.header)
			if ok != tt.ok || c.Sampled != tt.sampled || c.Request != tt.request {
				t.Fatalf("got %+v, %v", c, ok)
			}
			if ok && (hex.EncodeToString(c.Trace[:]) != ours || c.Span == [8]byte{}) {
				t.Errorf("ids are %x and %x", c.Trace, c.Span)
			}
		})
	}
}

func TestInjectAndFromHeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := contexts().Draw(t, "context")
		h := http.Header{"Traceparent": {"old"}, "X-Request-Id": {"old", "older"}}
		c.Inject(h)
		if got, ok := trace.FromHeader(h); !ok || got != c {
			t.Fatalf("%+v became %+v, %v", c, got, ok)
		}
	})
	h := http.Header{}
	trace.Context{}.Inject(h)
	if len(h) != 0 {
		t.Errorf("no trace sets %v", h)
	}
	c := trace.New(true)
	c.Request = "a\r\nSet-Cookie: b"
	if c.Inject(h); h.Get("X-Request-Id") != "" {
		t.Errorf("a hostile request id is sent: %q", h)
	}
}

func TestContext(t *testing.T) {
	if _, ok := trace.Of(context.Background()); ok {
		t.Error("an empty context has a trace")
	}
	c := trace.New(true)
	if got, ok := trace.Of(trace.With(context.Background(), c)); !ok || got != c {
		t.Errorf("got %+v, %v; want %+v", got, ok, c)
	}
}

func TestAttrs(t *testing.T) {
	c, err := trace.Parse(parent)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736", "span_id", "00f067aa0ba902b7"}
	if got := c.Attrs(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	c.Request = "order-7"
	if got := c.Attrs(); !slices.Equal(got, append(want, "request_id", "order-7")) {
		t.Errorf("got %v", got)
	}
}
