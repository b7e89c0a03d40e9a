package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rung/targets"
	"rung/targets/web"
)

// problem is the documented body of an error.
type problem struct {
	Error, Field, Allowed string
}

func TestRoutes(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string // the JSON body
	}{
		{"user", "GET", "/users/7", "", 200,
			`{"id":7,"name":"Ann \"<&>\" Ö","email":"ann@example.com","city":"Lima"}`},
		{"orders", "GET", "/customers/7/orders", "", 200,
			`[{"id":1,"customer":"Ann","item":"lamp","cents":995},{"id":2,"customer":"Ann","item":"tent","cents":100}]`},
		{"no orders", "GET", "/customers/100/orders", "", 200, `[]`},
		{"post", "POST", "/posts", `{"id":"p-1","user":7,"text":"hi"}`, 201, `{"id":"p-1"}`},
		{"same post", "POST", "/posts", `{"id":"p-1","user":7,"text":"other"}`, 201, `{"id":"p-1"}`},
		{"longest post", "POST", "/posts", `{"id":"` + strings.Repeat("z", 64) + `","user":7,"text":"` + strings.Repeat("x", 4096) + `"}`,
			201, `{"id":"` + strings.Repeat("z", 64) + `"}`},
		{"audit", "GET", "/posts?limit=1", "", 200, `{"ids":["p-1"],"next":"p-1"}`},
		{"end of audit", "GET", "/posts?cursor=~", "", 200, `{"ids":[],"next":""}`},
		{"photo", "POST", "/photos", ` {"user":9,"id":"f:1"} `, 201, `{"id":"f:1"}`},
		{"audit of photos", "GET", "/photos", "", 200, `{"ids":["f:1"],"next":""}`},
		{"following", "GET", "/users/7/following", "", 200,
			`{"following":[{"id":2,"name":"Bob","city":"Oslo"},{"id":5,"name":"Eve","city":"Rome"}]}`},
		{"following none", "GET", "/users/101/following", "", 200, `{"following":[]}`},
		{"edit", "PUT", "/users/8", `{"city":"São Paulo"}`, 200, `{"id":8,"city":"São Paulo"}`},
		{"edited user", "GET", "/users/8", "", 200,
			`{"id":8,"name":"Ann \"<&>\" Ö","email":"ann@example.com","city":"São Paulo"}`},
		{"longest city", "PUT", "/users/9", `{"city":"` + strings.Repeat("ö", 32) + `"}`, 200, `{"id":9,"city":"` + strings.Repeat("ö", 32) + `"}`},
		{"health", "GET", "/healthz", "", 200, `{"status":"ok"}`},
	}
	st := &memoryStore{timing: known()}
	s := newServer(t, spec(), web.Config{Store: st})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := do(s, tt.method, tt.path, tt.body)
			if w.Code != tt.status || strings.TrimSpace(w.Body.String()) != tt.want {
				t.Fatalf("got %d %s, want %d %s", w.Code, w.Body, tt.status, tt.want)
			}
			h := w.Header()
			if got := h.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type is %q", got)
			}
			if got := h.Get("Content-Length"); got != fmt.Sprint(w.Body.Len()) {
				t.Errorf("Content-Length is %q, body has %d", got, w.Body.Len())
			}
		})
	}
	if p, ok := st.post("p-1"); !ok || p.Text != "hi" || p.User != 7 {
		t.Errorf("stored post is %+v, want the first one", p)
	}
	if p, ok := st.photo("f:1"); !ok || p.User != 9 {
		t.Errorf("stored photo is %+v", p)
	}
}

func TestBadRequests(t *testing.T) {
	long := strings.Repeat("x", 4097)
	tests := []struct {
		name, method, path, body string
		status                   int
		field                    string
	}{
		{"root", "GET", "/", "", 404, ""},
		{"users without id", "GET", "/users/", "", 404, ""},
		{"deeper user", "GET", "/users/1/", "", 404, ""},
		{"hidden slash", "GET", "/users/1%2F2", "", 404, ""},
		{"orders without customer", "GET", "/customers//orders", "", 404, ""},
		{"customer", "GET", "/customers/1", "", 404, ""},
		{"unknown user", "GET", "/users/101", "", 404, ""},
		{"unknown customer", "GET", "/customers/101/orders", "", 404, ""},
		{"unknown asset", "GET", "/assets/asset-03.bin", "", 404, ""},
		{"version to come", "GET", "/assets/asset-00.bin?v=2", "", 404, ""},
		{"assets with a slash", "GET", "/assets/", "", 404, ""},
		{"edit unknown user", "PUT", "/users/101", `{"city":"Oslo"}`, 404, ""},

		{"following nobody", "GET", "/users//following", "", 404, ""},
		{"following deeper", "GET", "/users/1/2/following", "", 404, ""},
		{"following word", "GET", "/users/ann/following", "", 400, "id"},
		{"method of following", "POST", "/users/1/following", "", 405, "method"},
		{"audit of photos zero", "GET", "/photos?limit=0", "", 400, "limit"},

		{"method of user", "DELETE", "/users/1", "", 405, "method"},
		{"method of posts", "PUT", "/posts", "", 405, "method"},
		{"method of login", "GET", "/login", "", 405, "method"},
		{"method of health", "POST", "/healthz", "", 405, "method"},
		{"own method", "BREW", "/me", "", 405, "method"},

		{"user word", "GET", "/users/ann", "", 400, "id"},
		{"user zero", "GET", "/users/0", "", 400, "id"},
		{"user negative", "GET", "/users/-1", "", 400, "id"},
		{"user plus", "GET", "/users/+1", "", 400, "id"},
		{"user over int64", "GET", "/users/9223372036854775808", "", 400, "id"},
		{"user long", "GET", "/users/" + long, "", 400, "id"},
		{"customer hex", "GET", "/customers/0x1/orders", "", 400, "id"},

		{"edit word", "PUT", "/users/ann", `{"city":"Oslo"}`, 400, "id"},
		{"edit empty", "PUT", "/users/1", "", 400, "body"},
		{"edit null", "PUT", "/users/1", "null", 400, "city"},
		{"edit no city", "PUT", "/users/1", "{}", 400, "city"},
		{"edit empty city", "PUT", "/users/1", `{"city":""}`, 400, "city"},
		{"edit number", "PUT", "/users/1", `{"city":1}`, 400, "city"},
		{"edit unknown field", "PUT", "/users/1", `{"city":"Oslo","id":2}`, 400, "body"},
		{"edit long city", "PUT", "/users/1", `{"city":"` + strings.Repeat("ö", 32) + `x"}`, 400, "city"},
		{"edit newline", "PUT", "/users/1", `{"city":"a\nb"}`, 400, "city"},
		{"edit NUL", "PUT", "/users/1", `{"city":"a\u0000b"}`, 400, "city"},
		{"edit DEL", "PUT", "/users/1", "{\"city\":\"a\x7fb\"}", 400, "city"},
		{"edit C1", "PUT", "/users/1", `{"city":"a\u0085b"}`, 400, "city"},
		{"edit not UTF-8", "PUT", "/users/1", "{\"city\":\"a\xffb\"}", 400, "city"},
		{"edit half a pair", "PUT", "/users/1", `{"city":"\ud800"}`, 400, "city"},
		{"edit huge", "PUT", "/users/1", `{"city":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "body"},

		{"post empty", "POST", "/posts", "", 400, "body"},
		{"post cut", "POST", "/posts", `{"id":"a"`, 400, "body"},
		{"post list", "POST", "/posts", `[]`, 400, "body"},
		{"post null", "POST", "/posts", `null`, 400, "id"},
		{"post twice", "POST", "/posts", `{"id":"a","user":1,"text":"t"}{}`, 400, "body"},
		{"post unknown field", "POST", "/posts", `{"id":"a","user":1,"txt":"t"}`, 400, "body"},
		{"post no id", "POST", "/posts", `{"user":1,"text":"t"}`, 400, "id"},
		{"post number id", "POST", "/posts", `{"id":1,"user":1,"text":"t"}`, 400, "id"},
		{"post long id", "POST", "/posts", `{"id":"` + strings.Repeat("z", 65) + `","user":1,"text":"t"}`, 400, "id"},
		{"post odd id", "POST", "/posts", `{"id":"a b","user":1,"text":"t"}`, 400, "id"},
		{"post no user", "POST", "/posts", `{"id":"a","text":"t"}`, 400, "user"},
		{"post user text", "POST", "/posts", `{"id":"a","user":"1","text":"t"}`, 400, "user"},
		{"post user half", "POST", "/posts", `{"id":"a","user":1.5,"text":"t"}`, 400, "user"},
		{"post no text", "POST", "/posts", `{"id":"a","user":1}`, 400, "text"},
		{"post long text", "POST", "/posts", `{"id":"a","user":1,"text":"` + long + `"}`, 400, "text"},
		{"post NUL", "POST", "/posts", `{"id":"a","user":1,"text":"a\u0000b"}`, 400, "text"},
		{"post huge", "POST", "/posts", `{"id":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "body"},
		{"post huge tail", "POST", "/posts", `{"id":"a","user":1,"text":"t"}` + strings.Repeat(" ", 64<<10), 413, "body"},

		{"photo with text", "POST", "/photos", `{"id":"a","user":1,"text":"t"}`, 400, "body"},
		{"photo no user", "POST", "/photos", `{"id":"a"}`, 400, "user"},
		{"photo no id", "POST", "/photos", `{"user":1}`, 400, "id"},
		{"photo not JSON", "POST", "/photos", `id=1`, 400, "body"},

		{"login empty", "POST", "/login", ``, 400, "body"},
		{"login zero", "POST", "/login", `{"user":0}`, 400, "user"},

		{"audit zero", "GET", "/posts?limit=0", "", 400, "limit"},
		{"audit over", "GET", "/posts?limit=1001", "", 400, "limit"},
		{"audit word", "GET", "/posts?limit=all", "", 400, "limit"},
		{"audit cursor", "GET", "/posts?cursor=" + long, "", 400, "cursor"},
		{"audit NUL", "GET", "/posts?cursor=%00", "", 400, "cursor"},
		{"audit query", "GET", "/posts?limit=%zz", "", 400, ""},
	}
	st := &memoryStore{}
	share, m := newShare(t, targets.Resource{Slots: 1, Queue: 1})
	s := newServer(t, withLaw(0), web.Config{Store: st, Share: share})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := do(s, tt.method, tt.path, tt.body)
			if w.Code != tt.status {
				t.Fatalf("status is %d (%s), want %d", w.Code, w.Body, tt.status)
			}
			p := unmarshal[problem](t, w)
			if p.Error == "" || p.Field != tt.field || (p.Field != "" && p.Allowed == "") {
				t.Errorf("problem is %+v, want field %q and what is allowed", p, tt.field)
			}
			if tt.status == http.StatusMethodNotAllowed && w.Header().Get("Allow") != p.Allowed {
				t.Errorf("Allow is %q, want %q", w.Header().Get("Allow"), p.Allowed)
			}
			if w.Body.Len() > 512 {
				t.Errorf("error of %d bytes repeats too much of the request", w.Body.Len())
			}
		})
	}
	if calls := st.called(); calls != 3 { // the three unknown rows
		t.Errorf("the store was asked %d times, want 3", calls)
	}
	if cpu, _ := m.Usage(); cpu.Served != 0 {
		t.Errorf("wrong requests took CPU time: %+v", cpu)
	}
	if got := s.Metrics()["errors_total"]; got != 0 {
		t.Errorf("errors_total is %v: none was the server's", got)
	}
}

func TestMethodsAllowed(t *testing.T) {
	tests := []struct{ path, allow string }{
		{"/users/1", "GET, HEAD, PUT"}, {"/customers/1/orders", "GET, HEAD"}, {"/assets/asset-00.bin", "GET, HEAD"},
		{"/posts", "GET, HEAD, POST"}, {"/login", "POST"}, {"/me", "GET, HEAD"}, {"/photos", "GET, HEAD, POST"},
		{"/users/1/following", "GET, HEAD"}, {"/assets", "GET, HEAD"}, {"/healthz", "GET, HEAD"},
	}
	s := newServer(t, spec(), web.Config{})
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			if got := do(s, "PATCH", tt.path, "").Header().Get("Allow"); got != tt.allow {
				t.Fatalf("Allow is %q, want %q", got, tt.allow)
			}
			for _, method := range strings.Split(tt.allow, ", ") {
				if code := do(s, method, tt.path, "").Code; code == 405 || code == 404 {
					t.Errorf("%s is in Allow but answers %d", method, code)
				}
			}
		})
	}
}

// TestCommonHeaders looks at answers of every sort.
func TestCommonHeaders(t *testing.T) {
	s := newServer(t, spec(), web.Config{Store: &memoryStore{timing: known()}})
	for _, target := range []string{
		"GET /users/1", "GET /users/101", "GET /users/x", "GET /nowhere", "PUT /posts", "GET /posts", "POST /posts",
		"GET /assets/asset-00.bin", "HEAD /assets/asset-00.bin", "GET /assets/none", "GET /me", "GET /healthz",
	} {
		t.Run(target, func(t *testing.T) {
			method, path, _ := strings.Cut(target, " ")
			h := do(s, method, path, "").Header()
			if got := h.Get("X-Served-By"); got != "web-1" {
				t.Errorf("X-Served-By is %q", got)
			}
			if got := h.Values("X-Request-Id"); len(got) != 1 || len(got[0]) != 32 {
				t.Errorf("X-Request-Id is %q", got)
			}
			if got := h.Values("X-Version"); got != nil {
				t.Errorf("X-Version is %q of none", got)
			}
			if got := h.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options is %q", got)
			}
			if lines := h.Values("Server-Timing"); len(lines) != 1 || !grammar.MatchString(lines[0]) {
				t.Errorf("Server-Timing is %q, want one line in the standard's grammar", lines)
			}
		})
	}
}
