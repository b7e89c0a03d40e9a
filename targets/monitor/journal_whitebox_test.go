package monitor

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

func addLines(j *journal, from, to, padding int) {
	for i := from; i < to; i++ {
		text := fmt.Appendf(nil, `{"number":%d,"pad":%q}`, i, strings.Repeat("x", padding))
		j.add(&line{Message: "m"}, text, time.Unix(int64(i), 0))
	}
}

// TestJournalBounded holds that the journal never takes more than it may, and
// keeps the latest lines without a gap, most of what there is room for.
func TestJournalBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Int64Range(1<<16, 1<<20).Draw(t, "most")
		j := newJournal(most)
		added := 0
		for _, size := range rapid.SliceOfN(rapid.IntRange(0, j.room()-40), 1, 60).Draw(t, "sizes") {
			addLines(j, added, added+1, size)
			added++
			cost, lines, next := int64(0), int64(0), added-1
			for i := len(j.segments) - 1; i >= 0; i-- {
				s := j.segments[i]
				cost += s.cost()
				for k := len(s.entries) - 1; k >= 0; k-- {
					if s.entries[k].time != time.Unix(int64(next), 0).UnixNano() || !strings.HasPrefix(string(s.at(&s.entries[k])), fmt.Sprintf(`{"number":%d,`, next)) {
						t.Fatalf("line %d is not there", next)
					}
					next--
					lines++
				}
			}
			if cost != j.cost || cost > most || lines != j.lines || lines+j.evicted != int64(added) {
				t.Fatalf("cost %d (%d) of %d, lines %d (%d), evicted %d of %d", cost, j.cost, most, lines, j.lines, j.evicted, added)
			}
			if j.evicted > 0 && cost < most-2*most/parts {
				t.Fatalf("only %d of %d are used", cost, most)
			}
		}
	})
}

// TestScanNeedsNoLock holds that a search sees what was there when it began,
// although all of that is evicted before it looks.
func TestScanNeedsNoLock(t *testing.T) {
	j := newJournal(1 << 16)
	addLines(j, 0, 100, 200)
	before := j.lines
	s := newScan(j, Filter{Limit: maxLimit, Oldest: true})
	addLines(j, 100, 1000, 200)
	if j.evicted < before {
		t.Fatalf("%d lines are evicted", j.evicted)
	}
	got, err := s.run(t.Context())
	if err != nil || int64(len(got.lines)) != before {
		t.Fatalf("%d lines: %v", len(got.lines), err)
	}
	for i, text := range got.lines {
		if !strings.HasPrefix(string(text), fmt.Sprintf(`{"number":%d,`, 100-int(before)+i)) {
			t.Errorf("line %d is %s", i, text)
		}
	}
}

// TestNamesBounded holds that a table has a bound, and that lines beyond it
// are found nevertheless.
func TestNamesBounded(t *testing.T) {
	j := newJournal(64 << 20)
	for i := range tableNames + 10 {
		m := fmt.Sprintf("m%d", i)
		j.add(&line{Message: m}, fmt.Appendf(nil, `{"msg":%q}`, m), time.Unix(0, 0))
	}
	if len(j.messages.ids) != tableNames {
		t.Errorf("%d names", len(j.messages.ids))
	}
	for _, i := range []int{0, tableNames - 1, tableNames, tableNames + 9} {
		got, err := newScan(j, Filter{Message: fmt.Sprintf("m%d", i)}).run(t.Context())
		if err != nil || got.matched != 1 || string(got.lines[0]) != fmt.Sprintf(`{"msg":"m%d"}`, i) {
			t.Errorf("message %d: %d lines, %v", i, got.matched, err)
		}
	}
}

// TestUsersBounded holds that a day with too many users is marked.
func TestUsersBounded(t *testing.T) {
	var b business
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range activeUsers {
		b.see(int64(i), now)
	}
	b.see(7, now)
	if users, full := b.active(now); users != activeUsers || full {
		t.Errorf("%d users, full: %v", users, full)
	}
	b.see(activeUsers, now)
	if users, full := b.active(now); users != activeUsers || !full {
		t.Errorf("%d users, full: %v", users, full)
	}
	if users, full := b.active(now.Add(12 * time.Hour)); users != 0 || full {
		t.Errorf("the next day: %d users, full: %v", users, full)
	}
}

// TestSearchesBounded holds that searches beyond the bound are refused, and
// that lines come in meanwhile.
func TestSearchesBounded(t *testing.T) {
	s, err := New(targets.Monitor{Bytes: 1 << 16, Connections: 1}, Config{Role: "m"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range searches {
		s.looking <- struct{}{}
	}
	for _, path := range []string{"/logs", "/"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", "/logs", strings.NewReader("{}")))
	if w.Code != 200 {
		t.Errorf("a batch meanwhile: %d", w.Code)
	}
	<-s.looking
	w = httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/logs", nil))
	if w.Code != 200 || w.Body.String() != "{}\n" {
		t.Errorf("a search within the bound: %d %s", w.Code, w.Body)
	}
	if m := s.Metrics(); m["searches_total"] != 3 || m["searches_refused_total"] != 2 {
		t.Errorf("counted %v", m)
	}
}

// TestTogether is for the race detector: batches come in and segments go while
// searches run.
func TestTogether(t *testing.T) {
	s, err := New(targets.Monitor{Bytes: 1 << 16, Connections: 1}, Config{Role: "m"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var group sync.WaitGroup
	for i := range 3 {
		group.Go(func() {
			for n := range 100 {
				body := strings.Repeat(fmt.Sprintf(`{"node":"n%d","msg":"m%d","trace_id":"%032x"}`+"\n", i, n, n+1), 20)
				s.keep(origin{sender: fmt.Sprint(i), batch: uint64(n + 1)}, []byte(body))
			}
		})
	}
	for i := range searches {
		group.Go(func() {
			for n := range 50 {
				got, err := s.look(t.Context(), Filter{Node: fmt.Sprintf("n%d", i), Request: fmt.Sprintf("%032x", n+1)})
				if err != nil {
					t.Error(err)
				}
				for _, text := range got.lines {
					if l, err := parseLine(text); err != nil || l.Node != fmt.Sprintf("n%d", i) {
						t.Errorf("found %s", text)
					}
				}
				s.Metrics()
			}
		})
	}
	group.Wait()
	if m := s.Metrics(); m["lines_total"] != 6000 || m["kept_lines"]+m["evicted_total"] != 6000 || m["duplicates_total"] != 0 {
		t.Errorf("counted %v", m)
	}
}

// sample is a line as nodes write them.
const sample = `{"time":"2026-03-01T12:00:00.123456789Z","level":"INFO","msg":"request","node":"web-%d","role":"web-%d","operation":"user","method":"GET",` +
	`"path":"/users/%d","status":200,"took_ns":1234567,"user":%d,"trace_id":"%032x","span_id":"0102030405060708","request_id":"%032x"}`

func fill(b *testing.B, bytes int64) *journal {
	b.Helper()
	j := newJournal(bytes)
	for i := 1; j.evicted == 0; i++ {
		text := fmt.Appendf(nil, sample, i%3, i%3, i, i, i, i)
		l, err := parseLine(text)
		if err != nil {
			b.Fatal(err)
		}
		j.add(&l, text, l.at(time.Time{}))
	}
	return j
}

// BenchmarkScan searches 64 MiB.
func BenchmarkScan(b *testing.B) {
	j := fill(b, 64<<20)
	b.Logf("%d lines", j.lines)
	for name, f := range map[string]Filter{
		"everything": {}, "trace": {Trace: [16]byte{15: 77}}, "request": {Request: fmt.Sprintf("%032x", 77)}, "text": {Text: "not there"},
		"node": {Node: "web-1", Leveled: true}, "late nodes": {Message: "never seen"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := newScan(j, f).run(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkKeep takes batches of 100 lines.
func BenchmarkKeep(b *testing.B) {
	s, err := New(targets.Monitor{Bytes: 16 << 20, Connections: 1}, Config{Role: "m"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var body []byte
	for i := range 100 {
		body = append(fmt.Appendf(body, sample, i%3, i%3, i, i, i, i), '\n')
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got := s.keep(origin{}, body); got.Kept != 100 {
			b.Fatal(got)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/line")
}

// BenchmarkMemory tells what a full journal takes of the real memory, by what
// it may take.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		j := fill(b, 64<<20)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/float64(j.most), "heap/most")
		runtime.KeepAlive(j)
	}
}
