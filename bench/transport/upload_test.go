package transport_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rung/bench/transport"
)

// An answer that comes before the body was sent is the answer, however large
// the body is, and the connection is not used again.
func TestAnswerBeforeTheBody(t *testing.T) {
	for _, row := range []struct {
		name   string
		script func(*peer)
	}{
		{"and reads no more", func(p *peer) {
			_, _ = http.ReadRequest(p.in)
			p.say("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
			<-time.After(10 * time.Millisecond)
		}},
		{"and says close", func(p *peer) {
			_, _ = http.ReadRequest(p.in)
			p.say("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
			p.gone()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			url := scripted(t, row.script, forever(ok))
			for _, name := range []string{"sockets", "opaque"} {
				var dials atomic.Int64
				c := clients[name](counted(&dials), 1, nil)
				r := request(t, "POST", url, nil)
				watch := &closing{ReadCloser: io.NopCloser(endless{})}
				r.Body, r.ContentLength = watch, -1
				// The server's end by a reset may come before what it said.
				if got := ask(c, r); !strings.Contains(got, "413") && got != "error: reset" {
					t.Errorf("%s: %s", name, got)
				}
				waitFor(t, "the body to be closed", watch.closed.Load)
				if got := ask(c, get(t, url)); dials.Load() != 2 {
					t.Errorf("%s: then %s by %d dials", name, got, dials.Load())
				}
				c.CloseIdleConnections()
				url = scripted(t, row.script, forever(ok))
			}
		})
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// A long answer is read whole although its request broke off meanwhile.
func TestLongAnswerToABrokenRequest(t *testing.T) {
	const size = 3 << 20
	url := scripted(t, func(p *peer) {
		_, _ = http.ReadRequest(p.in)
		p.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size))
		for range 3 {
			<-time.After(60 * time.Millisecond)
			p.say(strings.Repeat("x", size/3))
		}
		p.gone()
	})
	c := transport.New(transport.Config{})
	r := request(t, "POST", url, nil)
	r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("x"), late{})), -1
	response, err := c.RoundTrip(r)
	if err != nil {
		t.Skipf("SKIPPED: the request broke before the answer began: %v", err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
		t.Errorf("%d of %d bytes, error %v", n, size, err)
	}
}

// late is a body that breaks after a while.
type late struct{}

func (late) Read([]byte) (int, error) { <-time.After(100 * time.Millisecond); return 0, errBody }

func TestExpectContinue(t *testing.T) {
	head := func(p *peer) bool {
		r, err := http.ReadRequest(p.in)
		return err == nil && r.Header.Get("Expect") == "100-continue"
	}
	body := func(p *peer) string {
		b := make([]byte, len("expected"))
		_, _ = io.ReadFull(p.in, b)
		return string(b)
	}
	for _, row := range []struct {
		name   string
		script func(*peer)
		want   string
		dials  int64 // after a second request
	}{
		{"wanted", func(p *peer) {
			if head(p) {
				p.say("HTTP/1.1 100 Continue\r\n\r\n")
				p.say("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + body(p))
			}
			forever(ok)(p)
		}, `200 close=false length=8 [] map[Content-Length:[8]] "expected"`, 1},
		{"nothing said", func(p *peer) {
			if head(p) {
				p.say("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + body(p)) // comes after the wait
			}
			forever(ok)(p)
		}, `200 close=false length=8 [] map[Content-Length:[8]] "expected"`, 1},
		{"not wanted", func(p *peer) {
			if head(p) {
				p.say("HTTP/1.1 417 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			}
			if rest, _ := io.ReadAll(p.in); len(rest) > 0 {
				p.t.Errorf("the body %q was sent", rest)
			}
		}, "417", 2},
		{"not wanted, but kept", func(p *peer) {
			if head(p) {
				p.say("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n" + "")
				if got := body(p); got != "expected" {
					p.t.Errorf("the body was %q", got)
				}
			}
			forever(ok)(p)
		}, "417", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			everyClient(t, 1, nil, func(t *testing.T, c client, dials *atomic.Int64) {
				url := scripted(t, row.script, forever(ok))
				r := request(t, "POST", url, nil)
				carry(r, strings.NewReader("expected"))
				r.Header.Set("Expect", "100-continue")
				if got := ask(c, r); !strings.Contains(got, row.want) {
					t.Errorf("%s, want %s", got, row.want)
				}
				if got := ask(c, get(t, url)); !strings.Contains(got, "200") || dials.Load() != row.dials {
					t.Errorf("then %s by %d dials, want %d", got, dials.Load(), row.dials)
				}
			})
		})
	}
}

func TestUpgrade(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, _ *atomic.Int64) {
		url := scripted(t, func(p *peer) {
			p.request()
			p.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello")
			_, _ = io.Copy(p, p.in)
		})
		r := get(t, url)
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "echo")
		response, err := c.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		both, ok := response.Body.(io.ReadWriter)
		if response.StatusCode != 101 || !ok {
			t.Fatalf("%d with a %T", response.StatusCode, response.Body)
		}
		if _, err := io.WriteString(both, ", world"); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len("hello, world"))
		if _, err := io.ReadFull(both, got); err != nil || string(got) != "hello, world" {
			t.Errorf("%q, error %v", got, err)
		}
	})
}

// What a trace is told.
func TestTrace(t *testing.T) {
	everyClient(t, 1, nil, func(t *testing.T, c client, _ *atomic.Int64) {
		url := scripted(t, forever("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"+ok))
		var told []string
		tell := func(format string, a ...any) { told = append(told, fmt.Sprintf(format, a...)) }
		trace := &httptrace.ClientTrace{
			GetConn:        func(at string) { tell("get %t", strings.HasPrefix(url, "http://"+at)) },
			GotConn:        func(i httptrace.GotConnInfo) { tell("got %t %t", i.Reused, i.WasIdle) },
			Got1xxResponse: func(code int, h textproto.MIMEHeader) error { tell("hint %d %v", code, h); return nil },
		}
		for range 2 {
			r := get(t, url)
			ask(c, r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
		}
		want := []string{"get true", "got false false", "hint 103 map[Link:[x]]", "get true", "got true true", "hint 103 map[Link:[x]]"}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		refuse := &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error { return errBody }}
		r := get(t, url)
		if got := ask(c, r.WithContext(httptrace.WithClientTrace(r.Context(), refuse))); got != "error: body" {
			t.Error(got)
		}
	})
}

// TestClient puts the transport under an http.Client, with its redirects and
// time-outs.
func TestClient(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/from":
			http.Redirect(w, r, "/to", http.StatusTemporaryRedirect)
		case "/hang":
			<-r.Context().Done()
		default:
			_, _ = io.Copy(w, r.Body)
		}
	}))
	defer server.Close()
	everyClient(t, 2, nil, func(t *testing.T, c client, _ *atomic.Int64) {
		own := &http.Client{Transport: c, Timeout: 20 * time.Second}
		response, err := own.Post(server.URL+"/from", "text/plain", strings.NewReader("moved"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if body, err := io.ReadAll(response.Body); string(body) != "moved" || err != nil || response.Request.URL.Path != "/to" {
			t.Errorf("%q from %s, error %v", body, response.Request.URL, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		r := get(t, server.URL+"/hang").WithContext(ctx)
		if _, err := own.Do(r); kind(err) != "timeout" {
			t.Errorf("error is %v", err)
		}
	})
}
