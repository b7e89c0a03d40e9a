package telemetry_test

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/telemetry"
)

// scrape asks for the metrics and returns every sample by its name and labels
// in Prometheus' form. The text must parse and be clean to the linter when
// strict, and hold no series twice.
func scrape(t failer, h http.Handler, strict bool) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	text := w.Body.String()
	if strict {
		problems, err := promlint.New(strings.NewReader(text)).Lint()
		if err != nil || len(problems) > 0 {
			t.Fatalf("linter: %v %v in\n%s", problems, err, text)
		}
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := parser.TextToMetricFamilies(strings.NewReader(text)); err != nil {
		t.Fatalf("parse: %v in\n%s", err, text)
	}
	out := map[string]float64{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		i := strings.LastIndexByte(line, ' ')
		var value float64
		if _, err := fmt.Sscan(line[i+1:], &value); err != nil {
			t.Fatalf("value of %q: %v", line, err)
		}
		if _, twice := out[line[:i]]; twice {
			t.Fatalf("series %s is there twice", line[:i])
		}
		out[line[:i]] = value
	}
	return out
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func serverOf(m *targets.Metrics, kinds map[string]targets.Kind) *telemetry.Server {
	return telemetry.New(telemetry.Config{Node: "n1", Topology: "t", Kinds: kinds, Metrics: func() *targets.Metrics { return m }})
}

// series is a name with labels in the order of their names.
func series(family string, labels ...string) string {
	labels = slices.DeleteFunc(labels, func(l string) bool { return l == "" })
	all := strings.Split(strings.Join(labels, ","), ",")
	slices.Sort(all)
	return family + "{" + strings.Join(all, ",") + "}"
}

func TestKnownMetrics(t *testing.T) {
	m, kinds := allKnown()
	got := scrape(t, serverOf(m, kinds), true)
	for i, k := range known {
		role, want := `role="`+string(k.kind)+`"`, float64(i+1)
		if k.kind == "" {
			role = ""
		}
		name := k.family
		if k.histogram {
			name, want = k.family+"_count", float64(i+3)
		}
		if strings.Contains(k.key, "_ns") && !k.histogram {
			want /= 1e9
		}
		s := series(name, k.labels, `node="n1"`, role)
		if v, ok := got[s]; !ok || math.Abs(v-want) > 1e-9*want {
			t.Errorf("%s of %s: %s is %v (%v), want %v", k.key, k.kind, s, v, ok, want)
		}
	}
	for s, want := range map[string]float64{
		`rung_node_info{node="n1",topology="t",version="1"}`:                                         1,
		`rung_host_cpu_slots{node="n1"}`:                                                             2,
		`rung_host_cpu_busy_seconds_total{node="n1"}`:                                                1.5,
		`rung_host_cpu_role_busy_seconds_total{node="n1",role="web"}`:                                1.5,
		`rung_host_cpu_waited_seconds_total{node="n1"}`:                                              0.25,
		`rung_host_cpu_served_total{node="n1"}`:                                                      7,
		`rung_host_cpu_refused_total{node="n1"}`:                                                     3,
		`rung_host_cpu_queue{node="n1"}`:                                                             1,
		`rung_host_cpu_queue_peak{node="n1"}`:                                                        4,
		`rung_host_disk_busy_seconds_total{node="n1"}`:                                               2,
		`rung_process_cpu_seconds_total{node="n1"}`:                                                  3,
		`rung_process_resident_memory_bytes{node="n1"}`:                                              1 << 20,
		`rung_process_clock_error_seconds{node="n1"}`:                                                50e-6,
		`rung_telemetry_lost_series{node="n1"}`:                                                      0,
		`rung_database_replication_apply_lag_seconds_sum{node="n1",role="database"}`:                 7e-9,
		`rung_database_replication_apply_lag_seconds_bucket{node="n1",role="database",le="2e-09"}`:   place("rung_database_replication_apply_lag_seconds") + 2,
		`rung_database_replication_apply_lag_operations_bucket{node="n1",role="database",le="2"}`:    place("rung_database_replication_apply_lag_operations") + 2,
		`rung_database_replication_apply_lag_operations_bucket{node="n1",role="database",le="+Inf"}`: place("rung_database_replication_apply_lag_operations") + 3,
	} {
		if v, ok := got[s]; !ok || math.Abs(v-want) > 1e-12 {
			t.Errorf("%s is %v (%v), want %v", s, v, ok, want)
		}
	}
}

// place is where a family is in the table, which is what allKnown counts.
func place(family string) float64 {
	for i, k := range known {
		if k.family == family {
			return float64(i)
		}
	}
	return math.NaN()
}

func TestNotEmulated(t *testing.T) {
	got := scrape(t, serverOf(&targets.Metrics{}, nil), true)
	if v, ok := got[`rung_host_disk_slots{node="n1"}`]; !ok || v != 0 {
		t.Errorf("slots are %v (%v)", v, ok)
	}
	if v, ok := got[`rung_host_disk_busy_seconds_total{node="n1"}`]; ok {
		t.Errorf("a disk that is not emulated was busy for %v", v)
	}
}

func TestHandler(t *testing.T) {
	m, kinds := allKnown()
	h := telemetry.Handler(telemetry.Config{Node: "n1", Kinds: kinds, Metrics: func() *targets.Metrics { return m }})
	got := scrape(t, h, true)
	if _, ok := got[`rung_business_posts_total{node="n1",role="web"}`]; !ok {
		t.Error("a role's metrics are missing")
	}
	for s := range got {
		if strings.HasPrefix(s, "rung_host") || strings.HasPrefix(s, "rung_process") || strings.HasPrefix(s, "rung_node") {
			t.Errorf("%s is the machine's", s)
		}
	}
}

func TestOpenMetrics(t *testing.T) {
	m, kinds := allKnown()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	w := httptest.NewRecorder()
	serverOf(m, kinds).ServeHTTP(w, r)
	if ct := w.Header().Get("Content-Type"); !strings.HasPrefix(ct, "application/openmetrics-text") {
		t.Errorf("content type is %s", ct)
	}
	if body := w.Body.String(); !strings.HasSuffix(body, "# EOF\n") || !strings.Contains(body, "# TYPE rung_business_posts counter\n") {
		t.Errorf("got %s", body)
	}
}

func TestNoMetrics(t *testing.T) {
	w := httptest.NewRecorder()
	serverOf(nil, nil).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status is %d", w.Code)
	}
}

func TestHostileNames(t *testing.T) {
	tests := []struct {
		name, role, key, want string
	}{
		{"quotes in a role", "a\"b\\\n", "x", `rung_role_x{node="n1",role="a\"b\\\n"}`},
		{"no UTF-8 in a role", "a\xff", "x", "rung_role_x{node=\"n1\",role=\"a\uFFFD\"}"},
		{"camel case and dashes", "r", "My-Things__total", `rung_role_my_things_total{node="n1",role="r"}`},
		{"no name", "r", "", `rung_role_unnamed{node="n1",role="r"}`},
		{"a histogram's ending", "r", "x_count", `rung_role_x_count_value{node="n1",role="r"}`},
		{"own labels", "r", `x{node="a",role="b",le="c",A="d"}`, `rung_role_x{a="d",exported_le="c",exported_node="a",exported_role="b",node="n1",role="r"}`},
		{"the same label twice", "r", `x{a="1",a="2"}`, `rung_role_x{a="1",exported_a="2",node="n1",role="r"}`},
		{"escapes", "r", `x{a="1\"\\\n"}`, `rung_role_x{a="1\"\\\n",node="n1",role="r"}`},
		{"labels that do not end", "r", `x{a="1"`, `rung_role_x_a_1{node="n1",role="r"}`},
		{"a server without anything", "r", "server_a", `rung_role_server_a{node="n1",role="r"}`},
		{"a pseudo role", "node/host", "x", `rung_host_x{node="n1"}`},
		{"nothing spread", "r", "requests__total", `rung_role_requests_total{node="n1",role="r"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &targets.Metrics{Roles: map[string]map[string]float64{tt.role: {tt.key: 7}}}
			got := scrape(t, serverOf(m, nil), true)
			if v, ok := got[tt.want]; !ok || v != 7 {
				t.Errorf("%s is %v (%v) in %v", tt.want, v, ok, slices.Sorted(maps.Keys(got)))
			}
		})
	}
}

// TestLost says how what cannot be told apart is left out.
func TestLost(t *testing.T) {
	m := &targets.Metrics{
		Roles: map[string]map[string]float64{
			"r":          {"a_x": 1, "a-x": 2, "c": 3, "c_total": 4, "requests_total": 5, `requests_total{operation="x"}`: 6},
			"s":          {"a_x": 7},
			"node/host":  {"cpu_slots": 8, "cpu_slots_total": 9},
			"node/\xffa": {"x": 1}, "node/\xfea": {"x": 1},
			"node/telemetry": {"lost_series": 0},
		},
		Histograms: map[string]map[string]targets.Histogram{"r": {"c": {Counts: []int64{1}}, "d": {}}},
	}
	got := scrape(t, serverOf(m, nil), true)
	for s, want := range map[string]float64{
		`rung_role_a_x{node="n1",role="r"}`:                          2, // the first by name
		`rung_role_a_x{node="n1",role="s"}`:                          7,
		`rung_role_c{node="n1",role="r"}`:                            3,
		`rung_role_requests_total{node="n1",role="r"}`:               5,
		`rung_role_requests_total{node="n1",operation="x",role="r"}`: 6,
		`rung_host_cpu_slots{node="n1"}`:                             0,
		// a-x's twin, c_total and c as a histogram, both cpu_slots, a node/a,
		// and what would hide this.
		`rung_telemetry_lost_series{node="n1"}`: 7,
	} {
		if v, ok := got[s]; (want >= 0) != ok || (ok && v != want) {
			t.Errorf("%s is %v (%v), want %v", s, v, ok, want)
		}
	}
}

// TestAnyMetrics holds that whatever a node counts, there is an exposition
// that parses, without a series twice, and that nothing is lost in silence.
func TestAnyMetrics(t *testing.T) {
	name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z]{1,3}(_[a-z]{1,3}){0,2}(_total|_ns|_count|_sum|_bucket)?`),
		rapid.StringMatching(`(store_)?(server|member|shard|queue|requests|statements)_[a-c_]{0,3}(_total)?`),
		rapid.StringMatching(`[a-c]{1,2}\{[a-c]{0,2}="[a-c"\\]{0,2}"(,[a-c]="")?\}`),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 6).Draw(t, "bytes")) }))
	role := rapid.OneOf(rapid.StringMatching(`[a-c]`), rapid.StringMatching(`node/(host|network|logs|[a-b])`), rapid.String())
	kind := rapid.SampledFrom([]targets.Kind{"", targets.KindWeb, targets.KindDatabase, targets.KindMonitor})
	value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}))
	histogram := rapid.Custom(func(t *rapid.T) targets.Histogram {
		return targets.Histogram{Bounds: rapid.SliceOfN(value, 0, 4).Draw(t, "bounds"),
			Counts: rapid.SliceOfN(rapid.Int64Range(-5, 1<<40), 0, 5).Draw(t, "counts"), Sum: value.Draw(t, "sum")}
	})
	rapid.Check(t, func(t *rapid.T) {
		m := &targets.Metrics{
			CPU:        targets.Usage{Slots: rapid.IntRange(0, 2).Draw(t, "slots"), Busy: time.Duration(rapid.Int64().Draw(t, "busy"))},
			Roles:      rapid.MapOfN(role, rapid.MapOfN(name, value, 0, 6), 0, 4).Draw(t, "roles"),
			Histograms: rapid.MapOfN(role, rapid.MapOfN(name, histogram, 0, 3), 0, 3).Draw(t, "histograms"),
		}
		kinds := rapid.MapOfN(role, kind, 0, 3).Draw(t, "kinds")
		before := len(scrape(t, serverOf(&targets.Metrics{CPU: m.CPU}, nil), true))
		got := scrape(t, serverOf(m, kinds), false)
		asked, shown := 0, 0
		for _, counters := range m.Roles {
			asked += len(counters)
		}
		for _, histograms := range m.Histograms {
			for _, h := range histograms {
				if len(h.Counts) > 0 {
					asked++
				}
			}
		}
		for s := range got {
			switch base, _, _ := strings.Cut(s, "{"); {
			case strings.HasSuffix(base, "_bucket"), strings.HasSuffix(base, "_sum"):
			default:
				shown++
			}
		}
		if lost := int(got[`rung_telemetry_lost_series{node="n1"}`]); shown-before+lost != asked {
			t.Fatalf("%d series were asked for, %d are there, %d said to be lost", asked, shown-before, lost)
		}
	})
}

// TestCumulate holds that buckets count what the histogram counts.
func TestCumulate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Int64Range(0, 1000), 4, 4).Draw(t, "counts")
		h := targets.Histogram{Bounds: []float64{0.5, 1, 2.5}, Counts: counts, Sum: 12.5}
		m := &targets.Metrics{Histograms: map[string]map[string]targets.Histogram{"r": {"took_seconds": h}}}
		got := scrape(t, serverOf(m, nil), true)
		sum := 0.0
		for i, le := range []string{"0.5", "1", "2.5", "+Inf"} {
			sum += float64(counts[i])
			if v := got[`rung_role_took_seconds_bucket{node="n1",role="r",le="`+le+`"}`]; v != sum {
				t.Fatalf("up to %s are %v, want %v", le, v, sum)
			}
		}
		if got[`rung_role_took_seconds_count{node="n1",role="r"}`] != sum || got[`rung_role_took_seconds_sum{node="n1",role="r"}`] != 12.5 {
			t.Fatalf("count and sum are wrong: %v", got)
		}
	})
}

// TestCumulateManyBuckets holds that of a fine histogram the round bounds are
// exposed, and count the same.
func TestCumulateManyBuckets(t *testing.T) {
	h := targets.Histogram{Sum: 1}
	for ms := range 60 {
		h.Bounds, h.Counts = append(h.Bounds, float64(ms)*1e6), append(h.Counts, 1)
	}
	h.Counts = append(h.Counts, 1)
	m := &targets.Metrics{Histograms: map[string]map[string]targets.Histogram{"r": {"lag_ns": h}}}
	got := scrape(t, serverOf(m, nil), true)
	buckets := 0
	for name := range got {
		if strings.HasPrefix(name, "rung_role_lag_seconds_bucket") {
			buckets++
		}
	}
	at := func(le string) float64 { return got[`rung_role_lag_seconds_bucket{node="n1",role="r",le="`+le+`"}`] }
	if buckets != 7 || at("0.001") != 2 || at("0.02") != 21 || at("0.05") != 51 || at("+Inf") != 61 {
		t.Errorf("%d buckets: %v", buckets, got)
	}
}

func BenchmarkScrape(b *testing.B) {
	m, kinds := allKnown()
	s := serverOf(m, kinds)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
