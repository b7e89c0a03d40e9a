package monitor_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets/monitor"
	"rung/targets/trace"
)

const (
	idA = "0af7651916cd43dd8448eb211c80319c"
	idB = "11111111111111111111111111111111"
)

// story is a few lines, by name.
var story = []struct{ name, line string }{
	{"edge", `{"time":"` + at(1*time.Second) + `","level":"INFO","node":"e1","role":"edge","msg":"request","trace_id":"` + idA + `","request_id":"order 7"}`},
	{"web", `{"time":"` + at(3*time.Second) + `","level":"INFO","node":"w1","role":"web","msg":"request","trace_id":"` + idA + `","request_id":"order 7"}`},
	{"database", `{"time":"` + at(2*time.Second) + `","level":"INFO","node":"d1","role":"db","msg":"statement","trace_id":"` + idA + `"}`},
	{"late", `{"time":"` + at(9*time.Second) + `","level":"WARN","node":"w1","role":"web","msg":"retry","text":"a\"b"}`},
	{"worse", `{"time":"` + at(4*time.Second) + `","level":"ERROR+2","node":"w1","msg":"request","trace_id":"` + idB + `","request_id":"order 77"}`},
	{"named only", `{"time":"` + at(5*time.Second) + `","level":"DEBUG","node":"w2","msg":"x","request_id":"order 7"}`},
	{"timeless", `{"node":"w2","msg":"y"}`}, // at noon
}

func TestSearch(t *testing.T) {
	tests := []struct{ query, want string }{
		{"", "late,named only,worse,web,database,edge,timeless"},
		{"order=newest&limit=2", "late,named only"},
		{"order=oldest", "timeless,edge,database,web,worse,named only,late"},
		{"order=oldest&limit=3", "timeless,edge,database"},
		{"node=w1", "late,worse,web"},
		{"node=w1&role=web", "late,web"},
		{"role=", "late,named only,worse,web,database,edge,timeless"},
		{"node=w", ""},
		{"role=nobody", ""},
		{"msg=request", "worse,web,edge"},
		{"level=DEBUG", "late,named only,worse,web,database,edge,timeless"},
		{"level=INFO", "late,worse,web,database,edge,timeless"},
		{"level=warn", "late,worse"},
		{"level=ERROR", "worse"},
		{"level=ERROR%2B3", ""},
		{"trace=" + idA, "web,database,edge"},
		{"trace=" + strings.ToUpper(idA), "web,database,edge"},
		{"trace=" + idB + "&msg=retry", ""},
		{"request=order+7&order=oldest", "edge,database,web,named only"},
		{"request=order+77", "worse"},
		{"request=" + idB, "worse"}, // nobody wrote the id, but it is a trace's
		{"request=order", ""},
		{"text=a%5C%22b", "late"},
		{"text=\"db\"", "database"},
		{"text=REQUEST", ""},
		{"since=" + url.QueryEscape(at(4*time.Second)), "late,named only,worse"},
		{"until=" + url.QueryEscape(at(2*time.Second)), "edge,timeless"},
		{"since=" + url.QueryEscape(at(2*time.Second)) + "&until=" + url.QueryEscape(at(4*time.Second)), "web,database"},
		{"since=0s", "late,named only,worse,web,database,edge,timeless"},
		{"until=1m", ""},
	}
	s := make64(t, monitor.Config{})
	for _, part := range story {
		send(t, s, "", part.line)
	}
	for _, tt := range tests {
		var got []string
		for _, line := range ask(t, s, tt.query) {
			i := slices.IndexFunc(story, func(p struct{ name, line string }) bool { return p.line == line })
			if i < 0 {
				t.Fatalf("line %s was never sent", line)
			}
			got = append(got, story[i].name)
		}
		if all := strings.Join(got, ","); all != tt.want {
			t.Errorf("%s: %s, want %s", tt.query, all, tt.want)
		}
	}
}

func TestSearchErrors(t *testing.T) {
	s := make64(t, monitor.Config{})
	for query, want := range map[string]string{
		"nod=a": `unknown parameter "nod"`, "node=a&node=b": "node: is there 2 times", "trace=abc": "trace: ", "trace=" + strings.Repeat("0", 32): "trace: ",
		"request=%01": "request: ", "request=" + strings.Repeat("x", 129): "request: ", "level=loud": "level: ", "since=yesterday": "since: ",
		"since=-5s": "since: ", "since=1900-01-01T00:00:00Z": "since: ", "since=2500000h": "since: ", "until=x": "until: ", "limit=0": "limit: ",
		"limit=10001": "limit: ", "limit=x": "limit: ", "order=any": "order: ",
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/logs?"+query, nil))
		if w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

// TestAnswerBounded holds that an answer has a bound, and says so.
func TestAnswerBounded(t *testing.T) {
	s := make64(t, monitor.Config{})
	line := `{"msg":"` + strings.Repeat("x", 60_000) + `"}`
	for range 30 {
		send(t, s, "", slices.Repeat([]string{line}, 10)...)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/logs?limit=300", nil))
	if got := w.Body.Len(); got > 16<<20 || got < 15<<20 || w.Header().Get("X-Truncated") != "true" || w.Header().Get("X-Matched") != "300" {
		t.Errorf("%d bytes, headers %v", got, w.Header())
	}
	w = httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/logs?limit=10", nil))
	if got := w.Body.Len(); got != 10*(len(line)+1) || w.Header().Get("X-Truncated") != "" || w.Header().Get("X-Matched") != "300" {
		t.Errorf("%d bytes, headers %v", got, w.Header())
	}
}

// written is a line as slog writes it.
type written struct {
	Time    string `json:"time"`
	Level   string `json:"level"`
	Message string `json:"msg"`
	Node    string `json:"node"`
	Role    string `json:"role,omitempty"`
	Trace   string `json:"trace_id,omitempty"`
	Request string `json:"request_id,omitempty"`
	Number  int    `json:"number"`
}

// fits is what a search should find, said simply.
func fits(l written, q url.Values, traces map[string]bool) bool {
	at, _ := time.Parse(time.RFC3339Nano, l.Time)
	var level, least slog.Level
	level.UnmarshalText([]byte(l.Level))
	least.UnmarshalText([]byte(q.Get("level")))
	text, _ := json.Marshal(l)
	same := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
	since, err1 := time.Parse(time.RFC3339Nano, q.Get("since"))
	until, err2 := time.Parse(time.RFC3339Nano, q.Get("until"))
	return same("node", l.Node) && same("role", l.Role) && same("msg", l.Message) && same("trace", l.Trace) &&
		(q.Get("level") == "" || level >= least) && strings.Contains(string(text), q.Get("text")) &&
		(err1 != nil || !at.Before(since)) && (err2 != nil || at.Before(until)) &&
		(q.Get("request") == "" || l.Request == q.Get("request") || traces[l.Trace])
}

// TestSearchProperty compares searches with the simplest one.
func TestSearchProperty(t *testing.T) {
	ids := []string{"", idA, idB, fmt.Sprintf("%x", trace.TraceOf("r1"))}
	of := func(r *rapid.T, name string, values ...string) string { return rapid.SampledFrom(values).Draw(r, name) }
	moment := func(r *rapid.T) string { return at(time.Duration(rapid.IntRange(0, 9).Draw(r, "at")) * time.Second) }
	rapid.Check(t, func(r *rapid.T) {
		s := make64(t, monitor.Config{})
		var all []written
		for range rapid.IntRange(0, 30).Draw(r, "lines") {
			l := written{moment(r), of(r, "level", "DEBUG", "INFO", "WARN", "ERROR", "WARN+1"), of(r, "message", "a", "b", strings.Repeat("m", 200)),
				of(r, "node", "n1", "n2", strings.Repeat("n", 129)), of(r, "role", "", "r"), of(r, "trace", ids...), of(r, "request", "", "r1", "r2"), len(all)}
			text, err := json.Marshal(l)
			if err != nil {
				t.Fatal(err)
			}
			send(r, s, "", string(text))
			all = append(all, l)
		}
		q := url.Values{}
		for name, value := range map[string]string{
			"node": of(r, "node=", "", "", "n1", "n3", strings.Repeat("n", 129)), "role": of(r, "role=", "", "", "r"),
			"msg": of(r, "msg=", "", "", "a", strings.Repeat("m", 200)), "trace": of(r, "trace=", append(ids, "", "")...),
			"request": of(r, "request=", "", "r1", "r2", idA), "level": of(r, "level=", "", "INFO", "WARN"), "text": of(r, "text=", "", "1", "n2"),
			"order": of(r, "order=", "newest", "oldest"), "limit": of(r, "limit=", "1", "5", "100"),
		} {
			q.Set(name, value)
		}
		if rapid.Bool().Draw(r, "since") {
			q.Set("since", moment(r))
		}
		if rapid.Bool().Draw(r, "until") {
			q.Set("until", moment(r))
		}
		traces := map[string]bool{}
		if id := q.Get("request"); id != "" {
			traces[fmt.Sprintf("%x", trace.TraceOf(id))] = true
			for _, l := range all {
				if l.Request == id && l.Trace != "" {
					traces[l.Trace] = true
				}
			}
		}
		var want []string
		fitting := slices.DeleteFunc(slices.Clone(all), func(l written) bool { return !fits(l, q, traces) })
		slices.SortStableFunc(fitting, func(a, b written) int { return strings.Compare(a.Time, b.Time) })
		if q.Get("order") == "newest" {
			slices.Reverse(fitting)
		}
		for i, l := range fitting {
			if fmt.Sprint(i) == q.Get("limit") {
				break
			}
			text, _ := json.Marshal(l)
			want = append(want, string(text))
		}
		if got := ask(r, s, q.Encode()); !slices.Equal(got, want) {
			r.Fatalf("%v found\n%s\nwant\n%s", q, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// FuzzParseFilter holds that a query is refused or keeps its bounds.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{"", "trace=" + idA, "limit=7&order=oldest", "since=1h&until=2026-03-01T00:00:00Z", "level=WARN%2B1", "a=b&a=c", "request=%22"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		got, err := monitor.ParseFilter(q, noon)
		if err != nil {
			if got != (monitor.Filter{}) {
				t.Errorf("%q: an error and %+v", query, got)
			}
			return
		}
		if got.Limit < 1 || got.Limit > 10_000 || (got.Request != "" && !trace.Named(got.Request)) {
			t.Errorf("%q became %+v", query, got)
		}
	})
}
