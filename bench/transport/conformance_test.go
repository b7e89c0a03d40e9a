package transport_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// forever answers every request in the same way, on one connection.
func forever(answer string) func(*peer) {
	return func(p *peer) {
		for p.request() != "" {
			p.say(answer)
		}
	}
}

// once answers one request and closes the connection.
func once(answer string) func(*peer) {
	return func(p *peer) { p.request(); p.say(answer) }
}

// answers are what servers say, byte for byte, each three times over: either
// on connections that stay open, or each on one of its own.
var answers = []struct {
	name, answer string
	method       string
	ends         bool // the server closes after each
	dials        int64
}{
	{name: "plain", answer: ok, dials: 1},
	{name: "no length and no body", answer: "HTTP/1.1 204 No Content\r\n\r\n", dials: 1},
	{name: "not modified", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nEtag: x\r\n\r\n", dials: 1},
	{name: "head", method: "HEAD", answer: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", dials: 1},
	{name: "head of chunks", method: "HEAD", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", dials: 1},
	{name: "empty", answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", dials: 1},
	{name: "server says close", answer: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", dials: 3},
	{name: "until the end", answer: "HTTP/1.1 200 OK\r\n\r\nthe body", ends: true, dials: 3},
	{name: "HTTP/1.0", answer: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", dials: 3},
	{name: "HTTP/1.0 until the end", answer: "HTTP/1.0 200 OK\r\n\r\nthe body", ends: true, dials: 3},
	{name: "HTTP/1.0 kept", answer: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", dials: 1},
	{name: "chunks", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;x=y\r\n...\r\n0\r\n\r\n", dials: 1},
	{name: "trailers", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n2\r\nok\r\n0\r\nSum: 7\r\n\r\n", dials: 1},
	{name: "early hints", answer: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok, dials: 1},
	{name: "many early hints", answer: strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 20) + ok, dials: 1},
	{name: "continue unasked", answer: "HTTP/1.1 100 Continue\r\n\r\n" + ok, dials: 1},
	{name: "long body", answer: "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("x", 300000), dials: 1},
	{name: "two lengths", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", dials: 3},
	{name: "bad length", answer: "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", dials: 3},
	{name: "bad encoding", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok", dials: 3},
	{name: "bad status", answer: "HTTP/1.1 two OK\r\n\r\n", dials: 3},
	{name: "not HTTP", answer: "SSH-2.0-x\r\n", ends: true, dials: 3},
	{name: "bad chunk", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n", dials: 3},
	{name: "bad header", answer: "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", dials: 3},
	{name: "endless header", answer: "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 2*headerLimit), dials: 3},
	{name: "endless hints", answer: strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </"+strings.Repeat("x", 1000)+">\r\n\r\n", 200), dials: 3},
	{name: "short body", answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", ends: true, dials: 3},
	{name: "short chunk", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", ends: true, dials: 3},
	{name: "no last chunk", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", ends: true, dials: 3},
	{name: "short header", answer: "HTTP/1.1 200 OK\r\nContent-", ends: true, dials: 3},
	{name: "no answer", answer: "", ends: true, dials: 3},
}

func TestAnswers(t *testing.T) {
	for _, row := range answers {
		t.Run(row.name, func(t *testing.T) {
			got := map[string]string{}
			for name := range clients {
				script := forever(row.answer)
				if row.ends {
					script = once(row.answer)
				}
				url := scripted(t, script)
				var dials atomic.Int64
				c := clients[name](counted(&dials), 2, nil)
				for range 3 {
					got[name] += ask(c, request(t, row.method, url, nil)) + "\n"
				}
				got[name] += fmt.Sprintf("%d dials", dials.Load())
				c.CloseIdleConnections()
			}
			for name := range clients {
				if got[name] != got["net/http"] {
					t.Errorf("%s:\n%s\nnet/http:\n%s", name, got[name], got["net/http"])
				}
			}
			if want := fmt.Sprintf("%d dials", row.dials); !strings.HasSuffix(got["sockets"], "\n"+want) {
				t.Errorf("want %s:\n%s", want, got["sockets"])
			}
		})
	}
}

// bodies are what requests carry.
var bodies = []struct {
	name   string
	change func(r *http.Request)
}{
	{"nothing", func(*http.Request) {}},
	{"no body", func(r *http.Request) { r.Body = http.NoBody }},
	{"small", func(r *http.Request) { carry(r, strings.NewReader("small")) }},
	{"large", func(r *http.Request) { carry(r, strings.NewReader(strings.Repeat("x", 200_000))) }},
	{"unknown length", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("unknown")); r.ContentLength = -1 }},
	{"a stream", func(r *http.Request) {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("a"), strings.NewReader("b")))
	}},
	{"trailers", func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader("x")), -1
		r.Trailer = http.Header{"Sum": {"7"}}
	}},
	{"close", func(r *http.Request) { r.Close = true }},
	{"close by header", func(r *http.Request) { r.Header.Set("Connection", "close") }},
	{"expect", func(r *http.Request) {
		carry(r, strings.NewReader("expected"))
		r.Header.Set("Expect", "100-continue")
	}},
	{"too short", func(r *http.Request) { carry(r, strings.NewReader("small")); r.ContentLength = 9 }},
	{"broken", func(r *http.Request) {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("x"), broken{}))
		r.ContentLength = 100
	}},
	{"bad name", func(r *http.Request) { r.Header["a b"] = []string{"c"} }},
	{"bad value", func(r *http.Request) { r.Header["A"] = []string{"b\r\nc: d"} }},
	{"bad trailer", func(r *http.Request) { r.Trailer = http.Header{"a b": nil} }},
	{"bad method", func(r *http.Request) { r.Method = "G T" }},
	{"bad scheme", func(r *http.Request) { r.URL.Scheme = "gopher" }},
	{"no host", func(r *http.Request) { r.URL.Host = "" }},
	{"own host", func(r *http.Request) { r.Host = "example.com" }},
	{"query", func(r *http.Request) { r.URL.RawQuery = "a=b&c=%20" }},
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBody }

func carry(r *http.Request, body *strings.Reader) {
	text := make([]byte, body.Len())
	_, _ = body.ReadAt(text, 0)
	r.Body, r.ContentLength = io.NopCloser(body), int64(len(text))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(text))), nil }
}

// TestRequests compares what an ordinary server gets.
func TestRequests(t *testing.T) {
	for _, row := range bodies {
		for _, method := range []string{"GET", "POST"} {
			t.Run(method+" "+row.name, func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return
					}
					fmt.Fprint(w, r.Method, r.RequestURI, r.Proto, r.ContentLength, r.TransferEncoding, r.Header, r.Trailer, r.Close, len(body), string(body[:min(20, len(body))]))
				}))
				defer server.Close()
				got := map[string]string{}
				for name := range clients {
					var dials atomic.Int64
					c := clients[name](counted(&dials), 2, nil)
					for range 2 {
						r := request(t, method, server.URL+"/path", nil)
						row.change(r)
						watch := &closing{ReadCloser: r.Body}
						if r.Body != nil && r.Body != http.NoBody {
							r.Body = watch
						} else {
							watch.closed.Store(true)
						}
						got[name] += strings.ReplaceAll(ask(c, r), server.Listener.Addr().String(), "HOST") + "\n"
						waitFor(t, "the body to be closed", watch.closed.Load)
					}
					// A request that its own body broke may or may not have
					// cost a connection by then.
					if !strings.Contains(got[name], "error") {
						got[name] += fmt.Sprintf("%d dials", dials.Load())
					}
					c.CloseIdleConnections()
				}
				for name := range clients {
					if got[name] != got["net/http"] {
						t.Errorf("%s:\n%s\nnet/http:\n%s", name, got[name], got["net/http"])
					}
				}
			})
		}
	}
}

// closing notes that it was closed. RoundTrip must see to that.
type closing struct {
	io.ReadCloser
	closed atomic.Bool
}

func (c *closing) Close() error { c.closed.Store(true); return c.ReadCloser.Close() }

// net/http gives the answer or the error, whichever is first.
func TestBodyLongerThanSaid(t *testing.T) {
	url := scripted(t, forever(ok))
	for _, name := range []string{"sockets", "opaque"} {
		var dials atomic.Int64
		c := clients[name](counted(&dials), 1, nil)
		r := request(t, "POST", url, nil)
		carry(r, strings.NewReader("small"))
		r.ContentLength = 3
		if got := ask(c, r); got != "error: other" {
			t.Errorf("%s: %s", name, got)
		}
		c.CloseIdleConnections()
	}
}
