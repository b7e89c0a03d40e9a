package transport

import (
	"bytes"
	"net/http"
	"net/url"
	"testing"

	"pgregory.net/rapid"
)

// A plain request is written as net/http writes it, or not at all.
func TestHeadIsThatOfNetHTTP(t *testing.T) {
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.SampledFrom([]string{"127.0.0.1:80", "example.com", "[::1]:8080", "[fe80::1%eth0]:80", "höst", "a b", "", "x\r\ny"}).Draw(t, "host")
		path := rapid.OneOf(rapid.StringMatching(`/[a-z%0-9é?\x00 ]{0,9}`), rapid.String()).Draw(t, "path")
		req := &http.Request{
			Method: rapid.SampledFrom([]string{"", "GET", "POST", "PUT", "PATCH", "HEAD", "DELETE", "get"}).Draw(t, "method"),
			URL:    &url.URL{Scheme: "http", Host: host, Path: path, RawQuery: rapid.StringMatching(`[a-z=&%\x01 ]{0,5}`).Draw(t, "query")},
			Header: http.Header{},
			Close:  rapid.Bool().Draw(t, "close"),
			Host:   rapid.SampledFrom([]string{"", host, "other"}).Draw(t, "own host"),
		}
		if rapid.Bool().Draw(t, "no body") {
			req.Body = http.NoBody
		}
		if rapid.IntRange(0, 9).Draw(t, "opaque") == 0 {
			req.URL.Opaque = "//else/where"
		}
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"A", "b", "X-Vegeta-Seq", "Connection", "User-Agent", "Host", "Content-Length",
			"Transfer-Encoding", "Trailer", "Cookie", "Expect", "Accept", "Z"}), 0, 20).Draw(t, "names")
		for _, name := range names {
			value := rapid.SampledFrom([]string{"", "x", " x ", "close", "Keep-Alive, close", "a\tb", "é", "100-continue"}).Draw(t, "value")
			req.Header[name] = append(req.Header[name], value)
		}
		if check(req) != nil {
			return
		}
		got, ok := appendHead(nil, req, hostField(req.URL))
		if !ok {
			return
		}
		plain++
		var want bytes.Buffer
		if err := req.Write(&want); err != nil {
			t.Fatalf("net/http does not write it: %v", err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("%q, want %q", got, want.Bytes())
		}
	})
	if plain == 0 {
		t.Error("no request was plain")
	}
}

func BenchmarkHead(b *testing.B) {
	req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:80/users/7", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("X-Vegeta-Seq", "12345")
	b.Run("own", func(b *testing.B) {
		buffer := make([]byte, 0, 4096)
		for b.Loop() {
			if _, ok := appendHead(buffer, req, "127.0.0.1:80"); !ok {
				b.Fatal("not plain")
			}
		}
	})
	b.Run("net-http", func(b *testing.B) {
		var buffer bytes.Buffer
		for b.Loop() {
			buffer.Reset()
			if err := req.Write(&buffer); err != nil {
				b.Fatal(err)
			}
		}
	})
}
