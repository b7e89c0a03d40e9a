package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"rung/targets/web"
)

// FuzzRequest sends any request to a server whose store never fails: the
// status is a documented one, and errors are JSON.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/users/1", ""},
		{"GET", "/users/-0", ""},
		{"GET", "/customers/1/orders", ""},
		{"GET", "/customers/orders", ""},
		{"HEAD", "/assets/asset-00.bin", ""},
		{"GET", "/posts?cursor=a&limit=10", ""},
		{"GET", "/posts?limit=;", ""},
		{"POST", "/posts", `{"id":"a","user":1,"text":"t"}`},
		{"POST", "/posts", `{"id":"a","user":1e2,"text":"\ud800"}`},
		{"POST", "/photos", `{"id":"a","user":1}`},
		{"POST", "/login", `{"user":1}`},
		{"GET", "/photos?cursor=a", ""},
		{"GET", "/users/1/following", ""},
		{"GET", "/users//following", ""},
		{"GET", "/me", ""},
		{"GET", "/healthz", ""},
		{"OPTIONS", "*", ""},
		{"GET", "/assets", ""},
		{"GET", "/assets/asset-00.bin?v=1", ""},
		{"PUT", "/users/1", `{"city":"Oslo"}`},
		{"PUT", "/users/1", `{"city":"\ud800"}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	documented := []int{200, 201, 400, 401, 404, 405, 413}
	st := &memoryStore{timing: known()}
	s := newServer(f, spec(), web.Config{Store: st, Sessions: 4})
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Skip()
		}
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(body))
		r.Method, r.URL, r.RequestURI = method, u, target
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if !slices.Contains(documented, w.Code) {
			t.Fatalf("%s %s answers %d", method, target, w.Code)
		}
		if w.Code >= 400 {
			var p problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Error == "" {
				t.Fatalf("%s %s answers %d %q, want a problem as JSON", method, target, w.Code, w.Body)
			}
		}
		if key, ok := strings.CutPrefix(u.Path, "/users/"); ok && method == "PUT" && w.Code == http.StatusOK {
			city := unmarshal[struct{ City string }](t, w).City
			id, _ := strconv.ParseInt(key, 10, 64)
			got, _, err := st.User(t.Context(), id)
			if err != nil || got.City != city || city == "" || len(city) > 64 || !utf8.ValidString(city) || strings.ContainsFunc(city, unicode.IsControl) {
				t.Fatalf("body %q made the city %q, stored as %q, %v", body, city, got.City, err)
			}
		}
		if w.Code == http.StatusCreated && u.Path == "/posts" {
			id := unmarshal[struct{ ID string }](t, w).ID
			if p, ok := st.post(id); !ok || p.User < 1 || p.Text == "" || len(p.Text) > 4096 || strings.ContainsRune(p.Text, 0) {
				t.Fatalf("body %q was stored as %+v", body, p)
			}
		}
	})
}
