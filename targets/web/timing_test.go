package web_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/machine"
	"rung/targets/store"
	"rung/targets/web"
)

// grammar is W3C Server Timing's, narrowed to what this server sends.
var grammar = regexp.MustCompile(`^` + metric + `(, ` + metric + `)*$`)

const metric = `[a-z]+(-[a-z]+)*;(dur=[0-9]+(\.[0-9]{3})?|desc="([1-9][0-9]*|hit|miss|shared|skipped)")`

const ms = time.Millisecond

func TestTiming(t *testing.T) {
	span := machine.Span{Queued: 1500 * time.Microsecond, Served: 2 * ms}
	tests := []struct {
		name string
		give web.Timing
		want string
	}{
		{"zero", web.Timing{}, "web-queue;dur=0, web-cpu;dur=0"},
		{"cpu only", web.Timing{Web: span}, "web-queue;dur=1.500, web-cpu;dur=2"},
		{"known", web.Timing{Web: span, Asked: true, Store: store.Timing{Known: true, Wait: ms, Total: 10 * ms, Queued: 2 * ms, Served: 4 * ms}},
			"web-queue;dur=1.500, web-cpu;dur=2, db-conn;dur=1, db-queue;dur=2, db-work;dur=4, db-net;dur=3"},
		{"misses", web.Timing{Asked: true, Store: store.Timing{Known: true, Misses: 12}},
			`web-queue;dur=0, web-cpu;dur=0, db-conn;dur=0, db-queue;dur=0, db-work;dur=0, db-net;dur=0, db-miss;desc="12"`},
		{"unknown", web.Timing{Asked: true, Store: store.Timing{Wait: ms, Total: 10 * ms}},
			"web-queue;dur=0, web-cpu;dur=0, db-conn;dur=1, db;dur=9"},
		{"failed before it began", web.Timing{Asked: true}, "web-queue;dur=0, web-cpu;dur=0, db-conn;dur=0, db;dur=0"},
		{"hit", web.Timing{Asked: true, Store: store.Timing{Cache: 2 * ms, Total: 2 * ms, Outcome: store.OutcomeHit}},
			`web-queue;dur=0, web-cpu;dur=0, cache-net;dur=2, cache;desc="hit"`},
		{"miss", web.Timing{Asked: true, Store: store.Timing{Known: true, Statements: 1, Cache: 3 * ms, Wait: ms, Total: 14 * ms, Queued: 2 * ms, Served: 4 * ms, Misses: 1, Outcome: store.OutcomeMiss}},
			`web-queue;dur=0, web-cpu;dur=0, cache-net;dur=3, cache;desc="miss", db-conn;dur=1, db-queue;dur=2, db-work;dur=4, db-net;dur=4, db-miss;desc="1"`},
		{"shared", web.Timing{Asked: true, Store: store.Timing{Cache: ms, Total: 5 * ms, Outcome: store.OutcomeShared}},
			`web-queue;dur=0, web-cpu;dur=0, cache-net;dur=1, cache;desc="shared", db-conn;dur=0, db;dur=4`},
		{"skipped", web.Timing{Asked: true, Store: store.Timing{Statements: 1, Total: 5 * ms, Outcome: store.OutcomeSkipped}},
			`web-queue;dur=0, web-cpu;dur=0, cache-net;dur=0, cache;desc="skipped", db-conn;dur=0, db;dur=5`},
		{"deleted after a write", web.Timing{Asked: true, Store: store.Timing{Statements: 1, Cache: ms, Total: 5 * ms}},
			`web-queue;dur=0, web-cpu;dur=0, cache-net;dur=1, db-conn;dur=0, db;dur=4`},
		{"sessions elsewhere", web.Timing{Session: store.Timing{Known: true, Wait: ms, Queued: 2 * ms, Served: 3 * ms, Total: 10 * ms}},
			"web-queue;dur=0, web-cpu;dur=0, sess-conn;dur=1, sess-queue;dur=2, sess-work;dur=3, sess-net;dur=4"},
		{"sessions that say nothing", web.Timing{Session: store.Timing{Wait: ms, Total: 10 * ms}}, "web-queue;dur=0, web-cpu;dur=0, sess;dur=10"},
		{"queued", web.Timing{Queue: 3 * ms, Queued: true}, "web-queue;dur=0, web-cpu;dur=0, queue;dur=3"},
		{"queued in no time", web.Timing{Queued: true}, "web-queue;dur=0, web-cpu;dur=0, queue;dur=0"},
		{"not below zero", web.Timing{Asked: true, Store: store.Timing{Known: true, Total: ms, Served: 2 * ms}},
			"web-queue;dur=0, web-cpu;dur=0, db-conn;dur=0, db-queue;dur=0, db-work;dur=2, db-net;dur=0"},
		{"small and long", web.Timing{Web: machine.Span{Queued: 1_499, Served: time.Hour + 70*time.Microsecond}},
			"web-queue;dur=0.001, web-cpu;dur=3600000.070"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(tt.give.AppendTo(nil)); got != tt.want {
				t.Fatalf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// durations reads the dur parameters of a header.
func durations(t *rapid.T, header string) map[string]float64 {
	durs := map[string]float64{}
	for _, entry := range strings.Split(header, ", ") {
		name, param, _ := strings.Cut(entry, ";")
		if text, ok := strings.CutPrefix(param, "dur="); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatalf("%s: %v", entry, err)
			}
			durs[name] = v
		}
	}
	return durs
}

// TestTimingAddsUp: whatever the stores say, the cache and db metrics sum to
// the call of the one, and the sess metrics to that of the other.
func TestTimingAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		duration := func(name string) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, name))
		}
		wait, queued, served, rest, cache := duration("wait"), duration("queued"), duration("served"), duration("rest"), duration("cache")
		outcome := rapid.SampledFrom([]string{"", store.OutcomeHit, store.OutcomeMiss, store.OutcomeShared, store.OutcomeSkipped}).Draw(t, "outcome")
		if outcome == store.OutcomeHit {
			wait, queued, served, rest = 0, 0, 0, 0
		}
		session := store.Timing{Known: rapid.Bool().Draw(t, "sessions known"), Statements: 1,
			Wait: duration("session wait"), Queued: duration("session queued"), Served: duration("session served")}
		session.Total = session.Wait + session.Queued + session.Served + duration("session rest")
		timing := web.Timing{
			Web: machine.Span{Queued: duration("web queued"), Served: duration("web served")}, Asked: true,
			Store: store.Timing{
				Wait: wait, Queued: queued, Served: served, Total: wait + queued + served + rest + cache,
				Known: rapid.Bool().Draw(t, "known"), Misses: rapid.IntRange(0, 100).Draw(t, "misses"),
				Cache: cache, Outcome: outcome,
			},
			Session: session,
		}
		header := string(timing.AppendTo([]byte("")))
		if !grammar.MatchString(header) {
			t.Fatalf("%q is not of the grammar", header)
		}
		durs := durations(t, header)
		for _, call := range []struct {
			sum   float64
			total time.Duration
		}{
			{durs["cache-net"] + durs["db-conn"] + durs["db-queue"] + durs["db-work"] + durs["db-net"] + durs["db"], timing.Store.Total},
			{durs["sess-conn"] + durs["sess-queue"] + durs["sess-work"] + durs["sess-net"] + durs["sess"], session.Total},
		} {
			if diff := call.sum - float64(call.total)/float64(ms); diff < -0.0026 || diff > 0.0026 { // five roundings of half a µs
				t.Fatalf("%q sums to %v ms, want %v", header, call.sum, call.total)
			}
		}
		if hit := outcome == store.OutcomeHit; hit == strings.Contains(header, "db") {
			t.Fatalf("%q with outcome %q", header, outcome)
		}
		if strings.Contains(header, "db-miss") != (timing.Store.Known && timing.Store.Misses > 0 && outcome != store.OutcomeHit) {
			t.Fatalf("%q with %d misses", header, timing.Store.Misses)
		}
	})
}

// withLaw is spec with one law for every operation.
func withLaw(d time.Duration) targets.Web {
	s := spec()
	s.Demand = map[targets.Operation]targets.Law{}
	for _, op := range targets.Operations() {
		s.Demand[op] = targets.Constant(d)
	}
	return s
}

// TestEveryOperationIsChargedOnce looks at the machine's own books.
func TestEveryOperationIsChargedOnce(t *testing.T) {
	tests := []struct {
		op                 targets.Operation
		method, path, body string
		names              string
	}{
		{targets.OpUser, "GET", "/users/1", "", "web-queue web-cpu db-conn db-queue db-work db-net db-miss"},
		{targets.OpOrders, "GET", "/customers/1/orders", "", "web-queue web-cpu db-conn db-queue db-work db-net db-miss"},
		{targets.OpAsset, "GET", "/assets/asset-00.bin", "", "web-queue web-cpu"},
		{targets.OpPost, "POST", "/posts", `{"id":"a","user":1,"text":"t"}`, "web-queue web-cpu db-conn db-queue db-work db-net db-miss"},
		{targets.OpLogin, "POST", "/login", `{"user":1}`, "web-queue web-cpu"},
		{targets.OpMe, "GET", "/me", "", "web-queue web-cpu"},
		{targets.OpPhoto, "POST", "/photos", `{"id":"a","user":1}`, "web-queue web-cpu db-conn db-queue db-work db-net db-miss"},
		{targets.OpEdit, "PUT", "/users/1", `{"city":"Oslo"}`, "web-queue web-cpu db-conn db-queue db-work db-net db-miss"},
		{targets.OpFollowing, "GET", "/users/1/following", "", "web-queue web-cpu db-conn db-queue db-work db-net db-miss"},
		{"audit", "GET", "/posts", "", "web-queue web-cpu db-conn db"},
		{"audit_photos", "GET", "/photos", "", "web-queue web-cpu db-conn db"},
		{"health", "GET", "/healthz", "", "web-queue web-cpu"},
	}
	for i, tt := range tests {
		t.Run(string(tt.op), func(t *testing.T) {
			share, m := newShare(t, targets.Resource{Slots: 1, Queue: 1})
			// Each operation has a law of its own, so that a charge by the
			// law of another one shows.
			sp := spec()
			sp.Demand = map[targets.Operation]targets.Law{}
			for j, other := range tests[:len(targets.Operations())] {
				sp.Demand[other.op] = targets.Constant(time.Duration(j+1) * time.Millisecond)
			}
			s := newServer(t, sp, web.Config{Share: share, Store: &memoryStore{timing: known()}})
			w := do(s, tt.method, tt.path, tt.body)
			if w.Code >= 500 {
				t.Fatalf("status is %d", w.Code)
			}
			var busy time.Duration
			served := int64(0)
			if i < len(targets.Operations()) {
				busy, served = time.Duration(i+1)*time.Millisecond, 1
			}
			if cpu, _ := m.Usage(); cpu.Busy != busy || cpu.Served != served || cpu.ByRole["web-1"] != busy {
				t.Errorf("machine's CPU use is %+v, want %v", cpu, busy)
			}
			header := w.Header().Get("Server-Timing")
			if !strings.Contains(header, "web-cpu;dur="+strconv.Itoa(int(busy/ms))) {
				t.Errorf("%q lacks %v of web-cpu", header, busy)
			}
			var names []string
			for _, entry := range strings.Split(header, ", ") {
				name, _, _ := strings.Cut(entry, ";")
				names = append(names, name)
			}
			if got := strings.Join(names, " "); got != tt.names {
				t.Errorf("metrics are %q, want %q", got, tt.names)
			}
			if got := s.Metrics()["requests_"+string(tt.op)+"_total"]; got != 1 {
				t.Errorf("requests_%s_total is %v, want 1", tt.op, got)
			}
		})
	}
}

// TestTimingIsOfOneRequest: an answer never shows the time of an earlier one.
func TestTimingIsOfOneRequest(t *testing.T) {
	s := newServer(t, spec(), web.Config{Store: &memoryStore{timing: known()}})
	for range 50 {
		do(s, "GET", "/users/1", "")
		if got := do(s, "GET", "/healthz", "").Header().Get("Server-Timing"); got != "web-queue;dur=0, web-cpu;dur=0" {
			t.Fatalf("a health check says %q", got)
		}
	}
}
