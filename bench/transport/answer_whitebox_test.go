package transport

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// plainAnswers must be read by readPlain, and oddAnswers must be left alone.
var plainAnswers = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 \r\ncontent-length:002\t \r\n\r\nok",
	"HTTP/1.1 999 What? Yes\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\n" + manyFields(7) + "Content-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\n" + manyFields(8) + "Content-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\n" + manyFields(99) + "Content-Length: 2\r\n\r\nok",
	"HTTP/1.1 503 Service Unavailable\r\nserver-TIMING: a;dur=1\r\nContent-Length: 2\r\nServer-Timing: b, c\r\nX_Y: \r\nX--z-: 1:2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ntoo short",
	"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\ntoo short",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\ntoo long",
}

var oddAnswers = []string{
	"HTTP/1.1 200 OK\r\n\r\nuntil the end",
	"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 +20 OK\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200OK\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
	"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\n\nok\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\n\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 3\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n c\r\n\r\nok",
	"HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\n: c\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nA\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nA: é\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nA: \x00\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTrailer: A\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nPragma: no-cache\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
	"\r\n\r\n",
	"",
}

func manyFields(n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, "X-%d: %d\r\n", i, i)
	}
	return all.String()
}

func TestPlainAnswers(t *testing.T) {
	for _, text := range plainAnswers {
		if !sameAsNetHTTP(t, text, http.MethodGet) {
			t.Errorf("%q is not plain", text)
		}
		if sameAsNetHTTP(t, text, http.MethodHead) {
			t.Errorf("%q to HEAD is plain", text)
		}
	}
	for _, text := range oddAnswers {
		if sameAsNetHTTP(t, text, http.MethodGet) {
			t.Errorf("%q is plain", text)
		}
	}
}

// FuzzPlainAnswer: what readPlain makes of an answer is what net/http does.
func FuzzPlainAnswer(f *testing.F) {
	for _, text := range append(plainAnswers, oddAnswers...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { sameAsNetHTTP(t, text, http.MethodGet) })
}

// sameAsNetHTTP reports whether an answer is plain, and fails if that makes a
// difference.
func sameAsNetHTTP(t *testing.T, text, method string) (plain bool) {
	t.Helper()
	req := &http.Request{Method: method}
	here := arrived(text)
	before := here.Buffered()
	got := readPlain(here, req)
	if got == nil {
		if here.Buffered() != before {
			t.Fatalf("%q: read of what is not plain", text)
		}
		return false
	}
	there := arrived(text)
	want, err := http.ReadResponse(there, req)
	if err != nil {
		t.Fatalf("%q: net/http: %v", text, err)
	}
	// Ours gets its exchange later.
	source := io.Reader(got.Body)
	if own, ok := source.(*body); ok {
		source = own.source
	}
	gotBody, gotErr := io.ReadAll(iotest.OneByteReader(source))
	wantBody, wantErr := io.ReadAll(iotest.OneByteReader(want.Body))
	if string(gotBody) != string(wantBody) || gotErr != wantErr {
		t.Errorf("%q: body %q, %v, want %q, %v", text, gotBody, gotErr, wantBody, wantErr)
	}
	if here.Buffered() != there.Buffered() {
		t.Errorf("%q: %d bytes are left, want %d", text, here.Buffered(), there.Buffered())
	}
	got.Body, want.Body = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q:\n%#v, want\n%#v", text, got, want)
	}
	return true
}

// arrived is a connection on which a text has come in and then its end.
func arrived(text string) *bufio.Reader {
	in := bufio.NewReader(strings.NewReader(text))
	_, _ = in.Peek(1)
	return in
}

// What was appended to a field's values must not be another field's.
func TestPlainAnswerValuesAreApart(t *testing.T) {
	got := readPlain(arrived("HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\nB: 3\r\nC: 4\r\n\r\nok"), &http.Request{})
	for name := range got.Header {
		got.Header.Add(name, "x")
	}
	for name, want := range map[string]string{"A": "1", "Content-Length": "2", "B": "3", "C": "4"} {
		if values := got.Header[name]; len(values) != 2 || values[0] != want || values[1] != "x" {
			t.Errorf("%s: %q", name, values)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	text := "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 13\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello, world\n"
	from := strings.NewReader(text)
	in := bufio.NewReader(from)
	for name, read := range map[string]func() error{
		"own": func() error {
			res := readPlain(in, &http.Request{})
			_, err := io.Copy(io.Discard, res.Body.(*body).source)
			return err
		},
		"net-http": func() error {
			res, err := http.ReadResponse(in, &http.Request{})
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, res.Body)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				from.Reset(text)
				in.Reset(from)
				if _, err := in.Peek(1); err != nil {
					b.Fatal(err)
				}
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
