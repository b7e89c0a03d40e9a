package transport_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rung/bench/transport"
)

// FuzzAnswer lets a server say anything and hang up. The transport must make
// of it what net/http makes of it, and leave nothing open.
func FuzzAnswer(f *testing.F) {
	for _, row := range answers {
		if len(row.answer) < 2000 {
			f.Add(row.answer, row.method == http.MethodHead)
		}
	}
	f.Add("HTTP/1.1 100 Continue\r\n\r\n"+ok, false)
	f.Add(ok+ok, false)
	f.Add("HTTP/1.1 000 \r\n\r\n", false)
	f.Add("HTTP/1.1 101 Switching Protocols\r\n\r\nx", false)
	f.Fuzz(func(t *testing.T, answer string, head bool) {
		method := http.MethodGet
		if head {
			method = http.MethodHead
		}
		theirs := hear(t, answer, method, func(dial dialer) client {
			return &http.Transport{DialContext: dial, DisableCompression: true, MaxResponseHeaderBytes: headerLimit}
		})
		ours := hear(t, answer, method, func(dial dialer) client {
			return transport.New(transport.Config{Dial: dial, MaxHeader: headerLimit})
		})
		if ours != theirs {
			t.Errorf("%s\nnet/http: %s", ours, theirs)
		}
	})
}

// hear makes a request to a server that says answer, whatever it is asked.
func hear(t *testing.T, answer, method string, make func(dialer) client) string {
	t.Helper()
	c := make(func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			if _, err := http.ReadRequest(bufio.NewReader(there)); err != nil {
				return
			}
			_, _ = io.WriteString(there, answer)
		}()
		return here, nil
	})
	defer c.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://host/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.RoundTrip(r)
	if err != nil {
		// The words differ; whether it is an answer must not.
		return "error"
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		response.Body.Close()
		return "upgraded"
	}
	got := look(response)
	if i := strings.Index(got, " error: "); i >= 0 {
		return got[:i] + " error"
	}
	if own, ok := c.(*transport.Transport); ok {
		c.CloseIdleConnections()
		if own.Open() != 0 {
			t.Errorf("%d connections are open", own.Open())
		}
	}
	return got
}
