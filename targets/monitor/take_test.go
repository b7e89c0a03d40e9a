package monitor_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/machine"
	"rung/targets/monitor"
)

func TestLines(t *testing.T) {
	longest := `{"msg":"` + strings.Repeat("x", 64<<10-10) + `"}`
	tests := []struct {
		name, line, want string // want "" is kept out
	}{
		{"whole", `{"time":"2026-03-01T11:00:00Z","msg":"a","node":"b"}`, `{"time":"2026-03-01T11:00:00Z","msg":"a","node":"b"}`},
		{"without a node", `{"msg":"a"}`, `{"node":"n\"1","msg":"a"}`},
		{"empty object", `{}`, `{"node":"n\"1"}`},
		{"empty object with space", "{ \t}", `{"node":"n\"1"}`},
		{"space around", "  {\"node\":\"b\"} \r", `{"node":"b"}`},
		{"fields of other types", `{"node":"b","status":"ok","user":1.5,"time":3,"level":{}}`, `{"node":"b","status":"ok","user":1.5,"time":3,"level":{}}`},
		{"no JSON", `msg=a`, ""},
		{"half a line", `{"msg":"a"`, ""},
		{"two objects", `{}{}`, ""},
		{"array", `[]`, ""},
		{"null", `null`, ""},
		{"number", `1`, ""},
		{"no UTF-8", "{\"msg\":\"\xff\"}", ""},
		{"longest", longest, strings.Replace(longest, "{", `{"node":"n\"1",`, 1)},
		{"too long", `{"msg":"` + strings.Repeat("x", 64<<10-9) + `"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := make64(t, monitor.Config{})
			got := send(t, s, "node=n%221", tt.line, "", `{"node":"last"}`)
			want := receipt{Kept: 2}
			if tt.want == "" {
				want = receipt{Kept: 1, Invalid: 1}
			}
			if got != want {
				t.Errorf("receipt %+v, want %+v", got, want)
			}
			lines := ask(t, s, "order=oldest")
			if tt.want != "" && !slices.Contains(lines, tt.want) || len(lines) != want.Kept {
				t.Errorf("kept %q, want %q", lines, tt.want)
			}
			m := s.Metrics()
			if m["invalid_total"]+m["long_total"] != float64(want.Invalid) || m["lines_total"] != float64(want.Kept) {
				t.Errorf("counted %v", m)
			}
		})
	}
}

func TestBatches(t *testing.T) {
	tests := []struct {
		name, query string
		body        int // bytes
		status      int
	}{
		{"largest", "", 1 << 20, 200},
		{"too large", "", 1<<20 + 1, 413},
		{"no number", "sender=a&batch=x", 1, 400},
		{"negative number", "sender=a&batch=-1", 1, 400},
		{"no count", "sender=a&batch=1&dropped=x", 1, 400},
		{"long node", "node=" + strings.Repeat("x", 129), 1, 400},
		{"long sender", "sender=" + strings.Repeat("x", 129), 1, 400},
		{"empty", "sender=a&batch=1", 0, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			make64(t, monitor.Config{}).ServeHTTP(w, httptest.NewRequest("POST", "/logs?"+tt.query, strings.NewReader(strings.Repeat("\n", tt.body))))
			if w.Code != tt.status {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
}

// TestBrokenBatch holds that of a batch that does not come to an end nothing
// is kept.
func TestBrokenBatch(t *testing.T) {
	s := make64(t, monitor.Config{})
	w := httptest.NewRecorder()
	body := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("{}\n{}\n")))
	s.ServeHTTP(w, httptest.NewRequest("POST", "/logs", body))
	if w.Code != http.StatusBadRequest || len(ask(t, s, "")) != 0 {
		t.Errorf("status %d", w.Code)
	}
	expect(t, s, map[string]float64{"broken_total": 1, "lines_total": 0, "batches_total": 0})
}

// TestBatchOnce holds that a batch that is sent again is not kept again.
func TestBatchOnce(t *testing.T) {
	s := make64(t, monitor.Config{})
	steps := []struct {
		query     string
		duplicate bool
	}{
		{"sender=a&batch=1", false}, {"sender=a&batch=1", true}, {"sender=b&batch=1", false}, {"sender=a&batch=2", false},
		{"sender=a&batch=1", true}, {"sender=a&batch=9", false}, {"sender=a", false}, {"sender=a", false}, {"batch=1", false}, {"batch=1", false},
	}
	kept := 0
	for i, step := range steps {
		got := send(t, s, step.query, `{"msg":"a"}`, "bad")
		want := receipt{Duplicate: step.duplicate}
		if !step.duplicate {
			want.Kept, want.Invalid = 1, 1
			kept++
		}
		if got != want {
			t.Errorf("step %d: %+v, want %+v", i, got, want)
		}
	}
	expect(t, s, map[string]float64{"lines_total": float64(kept), "invalid_total": float64(kept), "duplicates_total": 2, "batches_total": float64(kept)})
}

// TestSendersBounded holds that the monitor remembers the latest senders.
func TestSendersBounded(t *testing.T) {
	s := make64(t, monitor.Config{})
	for i := range 1024 {
		send(t, s, fmt.Sprintf("sender=%d&batch=1", i))
	}
	if !send(t, s, "sender=0&batch=1").Duplicate { // it is the latest now
		t.Error("a sender is forgotten although there is room")
	}
	send(t, s, "sender=new&batch=1")
	if !send(t, s, "sender=0&batch=1").Duplicate || !send(t, s, "sender=new&batch=1").Duplicate {
		t.Error("a late sender is forgotten")
	}
	if send(t, s, "sender=1&batch=1").Duplicate {
		t.Error("more senders are remembered than there is room for")
	}
}

func TestDropped(t *testing.T) {
	s := make64(t, monitor.Config{})
	send(t, s, "node=web-1&sender=a&batch=1&dropped=3")
	send(t, s, "node=web-1&sender=a&batch=2&dropped=10")
	send(t, s, "node=web-1&sender=a&batch=2&dropped=12") // here before
	send(t, s, "node=web-1&sender=b&batch=1&dropped=1")  // its next process
	send(t, s, "node=web-1&sender=b&batch=2&dropped=0")  // nonsense
	send(t, s, "node=web-2&sender=c&batch=1&dropped=0")
	expect(t, s, map[string]float64{`node_dropped_total{source="web-1"}`: 11})
	if _, ok := s.Metrics()[`node_dropped_total{source="web-2"}`]; ok {
		t.Error("a node that lost nothing is counted")
	}
}

// TestCharge holds that a batch is one piece of work, in time exactly that,
// and that a full queue is said to the sender.
func TestCharge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewPortable()
		defer c.Close()
		emulated := machine.New(c, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 1}}, 1)
		s, err := monitor.New(targets.Monitor{Bytes: 1 << 20, Connections: 1, Demand: targets.Constant(10 * time.Millisecond)},
			monitor.Config{Role: "m", Share: emulated.For("m")})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		begin := time.Now()
		send(t, s, "", `{"msg":"a"}`, `{"msg":"b"}`)
		if took := time.Since(begin); took != 10*time.Millisecond {
			t.Errorf("a batch took %v", took)
		}
		statuses := make(chan int, 3)
		for range 3 { // one at work, one waits
			go func() {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequest("POST", "/logs", strings.NewReader("{}")))
				statuses <- w.Code
			}()
		}
		got := []int{<-statuses, <-statuses, <-statuses}
		slices.Sort(got)
		if !slices.Equal(got, []int{200, 200, 503}) {
			t.Errorf("statuses %v", got)
		}
		cpu, _ := emulated.Usage()
		if cpu.Served != 3 || cpu.Busy != 30*time.Millisecond {
			t.Errorf("CPU use %+v", cpu)
		}
		expect(t, s, map[string]float64{"refused_total": 1, "lines_total": 4})
	})
}

// FuzzTake holds that whatever is sent, what is kept are JSON objects, each
// line one, and all of them are found and counted.
func FuzzTake(f *testing.F) {
	f.Add("web-1", []byte(`{"msg":"request","operation":"post","status":200,"user":1}`+"\n{}"))
	f.Add("", []byte("{\"time\":\"2026-03-01T11:00:00Z\",\"level\":\"WARN+1\"}\r\n\nx"))
	f.Add("a\"\\", []byte(`{"node":1,"trace_id":"0af7651916cd43dd8448eb211c80319c"}`))
	f.Fuzz(func(t *testing.T, node string, body []byte) {
		if len(node) > 128 {
			return
		}
		s := make64(t, monitor.Config{})
		r := httptest.NewRequest("POST", "/logs", strings.NewReader(string(body)))
		q := r.URL.Query()
		q.Set("node", node)
		r.URL.RawQuery = q.Encode()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var got receipt
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("status %d: %v", w.Code, err)
		}
		lines := ask(t, s, "limit=10000")
		if len(lines) != min(got.Kept, 10_000) {
			t.Errorf("%d lines kept, %d found", got.Kept, len(lines))
		}
		for _, line := range lines {
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Errorf("kept %q: %v", line, err)
			}
		}
		if m := s.Metrics(); m["lines_total"] != float64(got.Kept) || m["invalid_total"]+m["long_total"] != float64(got.Invalid) {
			t.Errorf("counted %v, receipt %+v", m, got)
		}
		page := httptest.NewRecorder()
		s.ServeHTTP(page, httptest.NewRequest("GET", "/", nil))
		metrics := httptest.NewRecorder()
		s.ServeHTTP(metrics, httptest.NewRequest("GET", "/metrics", nil))
		if err := errors.Join(want200(page), want200(metrics)); err != nil {
			t.Error(err)
		}
	})
}

func want200(w *httptest.ResponseRecorder) error {
	if w.Code != http.StatusOK {
		return fmt.Errorf("status %d: %s", w.Code, w.Body)
	}
	return nil
}
