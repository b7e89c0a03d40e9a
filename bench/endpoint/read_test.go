package endpoint_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"rung/bench/endpoint"
)

// open serves one file.
func open(path string) ([]byte, error) {
	if path == "body.json" {
		return []byte(`{"a":1}`), nil
	}
	return nil, fmt.Errorf("no file %s", path)
}

func TestReadHTTP(t *testing.T) {
	got, err := endpoint.ReadHTTP(strings.NewReader(`
# a comment
GET http://127.0.0.1:8080/a
GET http://127.0.0.1:8080/b
X-Account-ID: 8675309
# within a target
x-lower:  kept as it is

POST	http://127.0.0.1:8080/c
Content-Type: application/json
@body.json
DELETE http://127.0.0.1:8080/d
Cookie: a=1
Cookie: b=2
PUT http://127.0.0.1:8080/e
@body.json`), open)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"a":1}`)
	want := []endpoint.Target{
		{Method: "GET", URL: "http://127.0.0.1:8080/a", Weight: 1},
		{Method: "GET", URL: "http://127.0.0.1:8080/b", Weight: 1, Header: http.Header{"X-Account-ID": {"8675309"}, "x-lower": {"kept as it is"}}},
		{Method: "POST", URL: "http://127.0.0.1:8080/c", Weight: 1, Header: http.Header{"Content-Type": {"application/json"}}, Body: body},
		{Method: "DELETE", URL: "http://127.0.0.1:8080/d", Weight: 1, Header: http.Header{"Cookie": {"a=1", "b=2"}}},
		{Method: "PUT", URL: "http://127.0.0.1:8080/e", Weight: 1, Body: body},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestReadHTTPNamesTheLine(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "there are none"},
		{"# nothing\n\n", "there are none"},
		{"\nhttp://127.0.0.1/", "line 2"},
		{"GET 127.0.0.1:80/x", "line 1: URL"},
		{"GET /x", "want http://host/path"},
		{"GET http:///x", "no host"},
		{"GET http://127.0.0.1/\nnot a header", "line 2: \"not a header\": want a header"},
		{"GET http://127.0.0.1/\nA: b\nEmpty:", "line 3"},
		{"GET http://127.0.0.1/\nContent-Length: 5", "Content-Length cannot be set"},
		{"GET http://127.0.0.1/\n@", "without the name"},
		{"GET http://127.0.0.1/\n@nothing", "line 2: body: no file nothing"},
		{"GET http://127.0.0.1/\na b: c", "is not a token"},
		{"GET http://127.0.0.1/" + strings.Repeat("a", 17<<10), "line 1"},
		{"GET http://127.0.0.1/" + strings.Repeat("a", 65<<10), "longer than"},
		{"GET http://ex\u00e4mple/", "punycode"},
		{"GET http://a:b@[::1/", "URL"},
	} {
		if got, err := endpoint.ReadHTTP(strings.NewReader(row.text), open); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%.60q: %+v, error %v; want %q in it", row.text, got, err, row.want)
		}
	}
	if _, err := endpoint.ReadHTTP(strings.NewReader("GET http://127.0.0.1/\n@body.json"), nil); err == nil {
		t.Error("a body's file was read without a way to")
	}
}

func TestReadJSON(t *testing.T) {
	got, err := endpoint.ReadJSON(strings.NewReader(`
{"method": "POST", "url": "http://127.0.0.1/1", "header": {"Content-Type": ["text/plain"]}, "body": "Rk9P"}
{"method": "GET", "url": "http://127.0.0.1/2", "weight": 2.5, "name": "two"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []endpoint.Target{
		{Method: "POST", URL: "http://127.0.0.1/1", Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("FOO"), Weight: 1},
		{Method: "GET", URL: "http://127.0.0.1/2", Weight: 2.5, Name: "two"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestReadJSONNamesTheLine(t *testing.T) {
	const good = `{"method": "GET", "url": "http://127.0.0.1/"}`
	for _, row := range []struct{ text, want string }{
		{"\n", "there are none"},
		{good + "\n{", "line 2"},
		{good + good, "more than one value"},
		{`{"url": "http://127.0.0.1/"}`, `"method" is missing`},
		{`{"method": "GET"}`, `"url" is missing`},
		{`{"method": "GET", "url": "http://127.0.0.1/", "wieght": 2}`, "wieght"},
		{`{"method": "GET", "url": "http://127.0.0.1/", "weight": 0}`, "above 0"},
		{`{"method": "GET", "url": "http://127.0.0.1/", "weight": 1e300}`, "weight"},
		{`{"method": "GET", "url": "http://127.0.0.1/", "body": "?"}`, "base64"},
		{`{"method": "GET", "url": "http://127.0.0.1/", "name": "Total!"}`, "name"},
		{`{"method": "G T", "url": "http://127.0.0.1/"}`, "token"},
		{`{"method": "GET", "url": "http://127.0.0.1/", "header": {"A": ["b\r\nC: d"]}}`, "control character"},
		{`[]`, "line 1"},
	} {
		if got, err := endpoint.ReadJSON(strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%.60q: %+v, error %v; want %q in it", row.text, got, err, row.want)
		}
	}
}

func TestReadDetects(t *testing.T) {
	for _, text := range []string{" \n\t{\"method\": \"GET\", \"url\": \"http://127.0.0.1/\"}", "\n\nGET http://127.0.0.1/", "# {\nGET http://127.0.0.1/"} {
		got, err := endpoint.Read(strings.NewReader(text), open)
		if err != nil || len(got) != 1 || got[0].URL != "http://127.0.0.1/" {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	if _, err := endpoint.Read(strings.NewReader("  "), open); err == nil {
		t.Error("nothing was read as targets")
	}
	if _, err := endpoint.Read(broken{}, open); err == nil || !strings.Contains(err.Error(), "broke") {
		t.Errorf("a reader that breaks: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broke") }

// What was read can be sent: it holds up to the checks that an attack makes.
func FuzzRead(f *testing.F) {
	f.Add("GET http://127.0.0.1/\nA: b\n@body.json\n")
	f.Add(`{"method": "GET", "url": "http://127.0.0.1/", "body": "Rk9P", "weight": 2}`)
	f.Add("\n# x\nPOST http://a:b@[::1]:80/%20?q\n\nGET http://h/")
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func() ([]endpoint.Target, error){
			func() ([]endpoint.Target, error) { return endpoint.Read(strings.NewReader(text), open) },
			func() ([]endpoint.Target, error) { return endpoint.ReadHTTP(strings.NewReader(text), open) },
			func() ([]endpoint.Target, error) { return endpoint.ReadJSON(strings.NewReader(text)) },
		} {
			targets, err := read()
			if (err == nil) != (len(targets) > 0) {
				t.Fatalf("%d targets, error %v", len(targets), err)
			}
			for _, one := range targets {
				if one.Method == "" || one.URL == "" || !(one.Weight > 0) {
					t.Fatalf("%+v", one)
				}
			}
			if err == nil {
				if err := endpoint.CheckTargets(targets); err != nil && !strings.Contains(err.Error(), "different hosts or names") {
					t.Fatalf("%+v: %v", targets, err)
				}
			}
		}
	})
}
