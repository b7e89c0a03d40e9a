package balancer

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzPresented: whatever the Cookie header is, the token is empty or well
// formed, and a well-formed cookie behind anything ill-formed still counts.
func FuzzPresented(f *testing.F) {
	for _, seed := range []string{"", "rung_server=", "rung_server=0123456789abcdef", "rung_server=0123456789ABCDEF",
		"a=b; rung_server=../../etc; rung_server=ffffffffffffffff", `rung_server="0123456789abcdef"`, "\x00;;==;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{Header: http.Header{"Cookie": {header}}}
		got := presented(r)
		if got != "" && (len(got) != tokenLength || strings.Trim(got, "0123456789abcdef") != "") {
			t.Fatalf("token %q came through", got)
		}
		if got != "" && !strings.Contains(header, got) {
			t.Fatalf("token %q is not in %q", got, header)
		}
		want := token("web-1")
		if got == "" {
			r.Header.Add("Cookie", cookieName+"="+want)
			if again := presented(r); again != want {
				t.Fatalf("token is %q behind %q, want %q", again, header, want)
			}
		}
	})
}

func TestTokens(t *testing.T) {
	a, b := token("web-1"), token("web-2")
	if a == b || !wellFormed(a) || !wellFormed(b) {
		t.Fatalf("tokens are %q and %q", a, b)
	}
	if strings.Contains(a, "web") {
		t.Errorf("token %q shows the role", a)
	}
	if a != token("web-1") {
		t.Error("a token is not stable")
	}
}

func TestClientIP(t *testing.T) {
	tests := []struct{ name, remote, want string }{
		{"v4", "127.0.0.1:80", "127.0.0.1"},
		{"v6", "[::1]:80", "::1"},
		{"no port", "pipe", "pipe"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := clientIP(tt.remote); got != tt.want {
				t.Errorf("%q gives %q, want %q", tt.remote, got, tt.want)
			}
		})
	}
}

func TestMilliseconds(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{0, "0"}, {time.Millisecond, "1"}, {1234567 * time.Nanosecond, "1.235"},
		{400 * time.Nanosecond, "0"}, {time.Minute, "60000"},
	}
	for _, tt := range tests {
		if got := milliseconds(tt.d); got != tt.want {
			t.Errorf("%v gives %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestAppendList(t *testing.T) {
	h := http.Header{}
	h["Server-Timing"] = []string{"db;dur=1", "app;dur=2"}
	before := h["Server-Timing"]
	appendList(h, "Server-Timing", "lb;dur=3")
	if got := h["Server-Timing"]; len(got) != 1 || got[0] != "db;dur=1, app;dur=2, lb;dur=3" {
		t.Errorf("header is %q", got)
	}
	if before[0] != "db;dur=1" || before[1] != "app;dur=2" {
		t.Errorf("the old values were written to: %q", before)
	}
	appendList(h, "Via", "1.1 lb")
	if h.Get("Via") != "1.1 lb" {
		t.Errorf("Via is %q", h.Get("Via"))
	}
}
