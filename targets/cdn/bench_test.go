package cdn_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// sink is a ResponseWriter that costs nothing itself.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkHit is the edge's own work for an answer from the store, without
// net/http around it.
func BenchmarkHit(b *testing.B) {
	o := newOrigin(b, newClock(), reply(strings.Repeat("x", 16<<10), "Cache-Control", "max-age=60", "Etag", `"1"`))
	e := newEdge(b, plainSpec(), o)
	e.get("/assets/asset-00.bin?v=3")
	settle(e)
	r := httptest.NewRequest("GET", "/assets/asset-00.bin?v=3", nil)
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		e.ServeHTTP(w, r)
	}
	b.StopTimer()
	if m := e.Metrics(); m["misses_total"] != 1 {
		b.Fatalf("%v misses", m["misses_total"])
	}
}

// BenchmarkHitOverHTTP is the same with a client on loopback.
func BenchmarkHitOverHTTP(b *testing.B) {
	o := newOrigin(b, newClock(), reply(strings.Repeat("x", 16<<10), "Cache-Control", "max-age=60", "Etag", `"1"`))
	e := newEdge(b, plainSpec(), o)
	e.get("/x")
	settle(e)
	for b.Loop() {
		e.get("/x")
	}
}
