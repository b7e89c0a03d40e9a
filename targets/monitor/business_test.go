package monitor_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"rung/targets/monitor"
)

// done is a web server's line.
func done(d time.Duration, operation string, status int, user int64) string {
	return fmt.Sprintf(`{"time":%q,"level":"INFO","msg":"request","node":"web-1","operation":%q,"status":%d,"user":%d}`, at(d), operation, status, user)
}

// business are the counters that a test looks at.
type business struct{ users, orders, posts, photos, logins float64 }

func counted(s *monitor.Server) business {
	m := s.Metrics()
	return business{m["daily_active_users"], m["orders_viewed_total"], m["posts_total"], m["photos_total"], m["logins_total"]}
}

func TestBusiness(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  business
	}{
		{"login", []string{done(0, "login", 200, 1)}, business{users: 1, logins: 1}},
		{"session", []string{done(0, "me", 200, 1)}, business{users: 1}},
		{"edit", []string{done(0, "edit", 200, 1)}, business{users: 1}},
		{"post", []string{done(0, "post", 201, 1)}, business{users: 1, posts: 1}},
		{"photo in a queue", []string{done(0, "photo", 202, 1)}, business{users: 1, photos: 1}},
		{"a look at orders", []string{done(0, "orders", 200, 1)}, business{orders: 1}},
		{"a look at a user", []string{done(0, "user", 200, 1), done(0, "following", 200, 1)}, business{}},
		{"failed", []string{done(0, "post", 500, 1), done(0, "login", 401, 2), done(0, "orders", 304, 3), done(0, "me", 199, 4)}, business{}},
		{"each user once", []string{done(0, "post", 201, 1), done(0, "me", 200, 1), done(0, "me", 200, 2)}, business{users: 2, posts: 1}},
		{"nobody", []string{done(0, "post", 201, 0), done(0, "post", 201, -1)}, business{posts: 2}},
		{"through a balancer", []string{
			strings.Replace(done(0, "", 201, 1), `"operation":""`, `"method":"POST","path":"/posts"`, 1), done(0, "post", 201, 1)}, business{users: 1, posts: 1}},
		{"another message", []string{strings.Replace(done(0, "post", 201, 1), "request", "job", 1)}, business{}},
		{"another day", []string{done(-13*time.Hour, "post", 201, 1), done(12*time.Hour, "post", 201, 2), done(-12*time.Hour, "me", 200, 3)},
			business{users: 1, posts: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := make64(t, monitor.Config{})
			send(t, s, "", tt.lines...)
			if got := counted(s); got != tt.want {
				t.Errorf("counted %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestDays holds that users are those of one day by UTC, whatever the zone of
// the clock and of the lines.
func TestDays(t *testing.T) {
	now := noon.Add(11*time.Hour + 59*time.Minute).In(time.FixedZone("east", 9*3600))
	s := make64(t, monitor.Config{Now: func() time.Time { return now }})
	send(t, s, "", done(11*time.Hour, "me", 200, 1), done(11*time.Hour, "me", 200, 2))
	if got := counted(s).users; got != 2 {
		t.Errorf("%v users before midnight", got)
	}
	now = now.Add(2 * time.Minute)
	if got := counted(s).users; got != 0 {
		t.Errorf("%v users after midnight", got)
	}
	east := noon.Add(12*time.Hour + 30*time.Second).In(time.FixedZone("east", 9*3600)).Format(time.RFC3339Nano)
	send(t, s, "", done(11*time.Hour+59*time.Minute, "me", 200, 3), // a late line of the day before
		fmt.Sprintf(`{"time":%q,"msg":"request","operation":"me","status":200,"user":2}`, east))
	if got := counted(s).users; got != 1 {
		t.Errorf("%v users of the new day", got)
	}
}

// TestTally holds that lines are counted by node and level, a bounded number
// of nodes each, and that the exposition is clean whatever they are called.
func TestTally(t *testing.T) {
	s := make64(t, monitor.Config{})
	send(t, s, "node=other", `{"node":"a\"\\\n","level":"INFO+2"}`, `{"level":"ERROR"}`, `{"level":"nonsense"}`, `{"node":"a\"\\\n"}`)
	expect(t, s, map[string]float64{`node_lines_total{source="a\"\\\n",level="INFO"}`: 2,
		`node_lines_total{source="other",level="ERROR"}`: 1, `node_lines_total{source="other",level="INFO"}`: 1})
	for i := range 300 {
		send(t, s, "", fmt.Sprintf(`{"node":"n%d","level":"DEBUG"}`, i))
	}
	expect(t, s, map[string]float64{`node_lines_total{source="n253",level="DEBUG"}`: 1, `node_lines_total{source="(other)",level="DEBUG"}`: 46, "lines_total": 304})
	send(t, s, "", done(0, "post", 201, 1))

	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("linter: %v %v", problems, err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := families["rung_business_daily_active_users"].GetMetric(); len(got) != 1 || got[0].GetGauge().GetValue() != 1 {
		t.Errorf("daily active users: %v", got)
	}
	if got := families["rung_monitor_posts_total"].GetMetric(); len(got) != 1 || got[0].GetCounter().GetValue() != 1 {
		t.Errorf("posts: %v", got)
	}
	if got := len(families["rung_monitor_node_lines_total"].GetMetric()); got != 3+254+1+1 { // web-1 is among the others
		t.Errorf("%d series of lines", got)
	}
	if !strings.Contains(text, `rung_telemetry_lost_series{node="m1"} 0`) {
		t.Error("series were lost")
	}
}
