package endpoint

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
)

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Fatal(...any)
}

// judged are the verdicts on so many samples: the first slow ones take 300 ms,
// then come the failed, and the rest; both take 1 ms.
func judged(t fataler, text string, n, slow, failed, unsent uint64, limited string) []bench.Verdict {
	t.Helper()
	thresholds, err := ParseSLO(text)
	if err != nil {
		t.Fatal(err)
	}
	j := newJudge(thresholds)
	m := bench.Measurement{Duration: 10 * time.Second, Goodput: float64(n-failed) / 10, Generator: bench.Generator{Limited: limited},
		Total: bench.Tally{Planned: n + unsent, Sent: n, Unsent: unsent, OK: n - failed, Failed: failed,
			Response: bench.Distribution{Count: n - failed, Mean: 20 * time.Millisecond}}}
	for i := range n {
		s := bench.Sample{Intended: time.Duration(i) * time.Millisecond, Sent: time.Duration(i) * time.Millisecond}
		s.Done = s.Sent + time.Millisecond
		switch {
		case i < slow:
			s.Done = s.Sent + 300*time.Millisecond
		case i < slow+failed:
			s.Outcome, s.Cause = bench.Failed, "503"
		}
		j.note(&s)
	}
	return j.verdicts(m)
}

func TestThresholdsAreJudged(t *testing.T) {
	for _, row := range []struct {
		slo                     string
		n, slow, failed, unsent uint64
		limited                 string
		want                    bench.Word
	}{
		{"p99<250ms", 1000, 10, 0, 0, "", bench.Pass},
		{"p99<250ms", 1000, 11, 0, 0, "", bench.Fail},
		{"p99<300ms", 1000, 11, 0, 0, "", bench.Fail},  // 300 ms is not below 300 ms
		{"p99<=300ms", 1000, 11, 0, 0, "", bench.Pass}, // but it is at most that
		{"p99<250ms", 1000, 0, 11, 0, "", bench.Fail},  // a fast failure is no fast answer
		{"p99<250ms", 1000, 5, 6, 0, "", bench.Fail},
		{"p99<250ms", 999, 0, 0, 0, "", bench.Unknown}, // nine lie beyond the p99
		{"p99<250ms", 500, 6, 0, 0, "", bench.Unknown}, // too few either way
		{"p99<250ms", 500, 400, 0, 0, "", bench.Fail},  // but not for this
		{"p99.9<250ms", 9999, 0, 0, 0, "", bench.Unknown},
		{"p99.9<250ms", 10000, 10, 0, 0, "", bench.Pass},
		{"p50<=20ms", 20, 10, 0, 0, "", bench.Pass},
		{"max<301ms", 100, 1, 0, 0, "", bench.Pass},
		{"max<300ms", 100, 1, 0, 0, "", bench.Fail},
		{"mean<21ms", 100, 0, 0, 0, "", bench.Pass},
		{"mean<20ms", 100, 0, 0, 0, "", bench.Fail},
		{"mean<21ms", 100, 0, 100, 0, "", bench.Unknown}, // of nothing
		{"failures<1%", 1000, 0, 9, 0, "", bench.Pass},
		{"failures<1%", 1000, 0, 10, 0, "", bench.Fail},
		{"failures<=1%", 1000, 0, 10, 0, "", bench.Pass},
		{"availability>=99%", 1000, 0, 10, 0, "", bench.Pass},
		{"availability>99%", 1000, 0, 10, 0, "", bench.Fail},
		{"rate>=100/s", 1000, 0, 0, 0, "", bench.Pass},
		{"rate>100/s", 1000, 0, 0, 0, "", bench.Fail},
		{"goodput>=100/s", 1000, 0, 0, 0, "", bench.Pass},
		{"goodput>=100/s", 1000, 0, 1, 0, "", bench.Fail},
		// The generator was the limit: never a pass, and a fail only by what
		// the target said itself.
		{"p99<250ms", 1000, 0, 0, 0, "late", bench.Unknown},
		{"p99<250ms", 1000, 500, 0, 0, "late", bench.Unknown},
		{"p99<250ms", 1000, 0, 500, 0, "late", bench.Fail},
		{"failures<1%", 1000, 0, 500, 0, "late", bench.Fail},
		{"rate>=1/s", 1000, 0, 0, 0, "late", bench.Unknown},
		{"p99<250ms", 1000, 0, 0, 1, "", bench.Unknown},
		{"failures<1%", 1000, 0, 0, 500, "", bench.Unknown},
		{"availability>=50%", 1000, 0, 900, 500, "", bench.Fail},
		{"max<1s", 1000, 0, 0, 1, "", bench.Unknown},
	} {
		v := judged(t, row.slo, row.n, row.slow, row.failed, row.unsent, row.limited)
		if v[0].Word != row.want {
			t.Errorf("%+v: %+v", row, v[0])
		}
		if trusted := row.limited == "" && row.unsent == 0; (v[1].Word == bench.Pass) != trusted || v[1].ID != "generator" {
			t.Errorf("%+v: %+v", row, v[1])
		}
	}
}

func TestTimeoutsAreLongerThanAnyMax(t *testing.T) {
	thresholds, err := ParseSLO("max<1m")
	if err != nil {
		t.Fatal(err)
	}
	j := newJudge(thresholds)
	j.note(&bench.Sample{Done: time.Second, Outcome: bench.Failed, Cause: causeTimeout})
	v := j.verdicts(bench.Measurement{Total: bench.Tally{Planned: 1, Sent: 1, Failed: 1}})
	if v[0].Word != bench.Fail || !strings.Contains(v[0].Evidence[0], "1 timed out") {
		t.Errorf("%+v", v[0])
	}
}

// TestQuantileByCounting compares the verdict with the sorted times.
func TestQuantileByCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		slow := rapid.IntRange(0, n).Draw(t, "slow")
		permille := rapid.IntRange(1, 999).Draw(t, "permille")
		v := judged(t, fmt.Sprintf("p%v<250ms", float64(permille)/10), uint64(n), uint64(slow), 0, 0, "")[0]
		at := (permille*n + 999) / 1000 // the rank of the quantile, from 1 on
		fast := at <= n-slow            // sorted, the sample of that rank is a fast one
		if v.Word == bench.Pass && !fast || v.Word == bench.Fail && fast {
			t.Fatalf("%d of %d slow, p%v: %+v", slow, n, float64(permille)/10, v)
		}
		if enough := n-at >= fewestBeyond; enough && v.Word == bench.Unknown && slow >= fewestBeyond {
			t.Fatalf("%d of %d slow, p%v: %+v", slow, n, float64(permille)/10, v)
		}
	})
}

func TestBucketsHoldTheirTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "d"))
		got := middleOf(bucket(d))
		if off := float64(got-d) / float64(d); off > 0.035 || off < -0.035 {
			t.Fatalf("%v is shown as %v", d, got)
		}
		if more := d + d/16 + 1; bucket(more) < bucket(d) {
			t.Fatalf("the bucket of %v lies before that of %v", more, d)
		}
	})
}

func TestMeterKnowsTheLastSecondOnly(t *testing.T) {
	m := &meter{}
	began := time.Now()
	m.begin(began, time.Minute)
	note := func(from, to time.Duration, took time.Duration, outcome bench.Outcome) {
		for at := from; at < to; at += 10 * time.Millisecond {
			m.note(&bench.Sample{Intended: at, Sent: at, Done: at + took, Outcome: outcome})
		}
	}
	note(0, 5*time.Second, 50*time.Millisecond, bench.OK)
	note(5*time.Second, 8*time.Second, time.Millisecond, bench.OK)
	p := m.read(began.Add(8 * time.Second))
	if p.P50 == nil || *p.P50 > 2*time.Millisecond || *p.P99 > 2*time.Millisecond || p.Rate < 80 || p.Rate > 120 || p.Ended != 800 {
		t.Errorf("%+v", p)
	}
	note(8*time.Second, 9*time.Second, time.Millisecond, bench.Failed)
	if p = m.read(began.Add(9*time.Second + 50*time.Millisecond)); p.P50 != nil || p.Failed != 100 || p.Rate < 80 {
		t.Errorf("%+v", p)
	}
	if p = m.read(began.Add(20 * time.Second)); p.Rate != 0 || p.P50 != nil || p.Elapsed != 20*time.Second {
		t.Errorf("%+v", p)
	}
}

func TestOperationsAreFewAndNamed(t *testing.T) {
	of := func(targets ...Target) *source {
		t.Helper()
		s, err := newSource(targets, defaults{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var many []Target
	for i := range 500 {
		many = append(many, Target{URL: fmt.Sprintf("http://127.0.0.1/users/%d", i)}, Target{Method: "POST", URL: fmt.Sprintf("http://127.0.0.1/orders/%d/lines", i)})
	}
	for _, row := range []struct {
		source *source
		want   string
	}{
		{of(Target{URL: "http://127.0.0.1"}), "get"},
		{of(Target{URL: "http://127.0.0.1/a?x=1"}, Target{URL: "http://127.0.0.1/a?x=2"}), "get-a"},
		{of(Target{URL: "http://127.0.0.1/a-b"}, Target{URL: "http://127.0.0.1/a/b"}), "get-a-b get-a-b-2"},
		{of(Target{URL: "http://127.0.0.1/a"}, Target{URL: "http://127.0.0.2/a"}), "get-127-0-0-1-a get-127-0-0-2-a"},
		{of(Target{URL: "http://127.0.0.1/\u00e9/" + strings.Repeat("long", 30)}), "get-" + strings.Repeat("long", 9)},
		{of(Target{URL: "http://127.0.0.1/a", Name: "first"}, Target{URL: "http://127.0.0.1/b", Name: "first"}), "first"},
		{of(Target{URL: "http://127.0.0.1/a", Method: "1-A"}), "t-1-a-a"},
		{of(many...), "get-users post-orders"},
	} {
		if got := strings.Join(row.source.Operations(), " "); got != row.want {
			t.Errorf("operations %q, want %q", got, row.want)
		}
		for _, name := range row.source.Operations() {
			if !isName(name) {
				t.Errorf("%q cannot be the name of an operation", name)
			}
		}
	}
	if e := of(many...).listed()[0]; e.URL != "http://127.0.0.1/users/0 and 499 more" || e.Weight != 500 {
		t.Errorf("%+v", e)
	}
	var named []Target
	for i := range 40 {
		named = append(named, Target{URL: "http://127.0.0.1/", Name: fmt.Sprintf("n%d", i)})
	}
	if _, err := newSource(named, defaults{}, 1); err == nil {
		t.Error("forty names are more than can be measured apart")
	}
}

func TestChoiceIsByNumberAlone(t *testing.T) {
	s, err := newSource([]Target{{URL: "http://127.0.0.1/a"}, {URL: "http://127.0.0.1/b", Weight: 3}}, defaults{}, 9)
	if err != nil {
		t.Fatal(err)
	}
	other := s.again(10)
	same := 0
	for n := range uint64(1000) {
		if s.pick(n) != s.again(9).pick(n) {
			t.Fatalf("request %d differs", n)
		}
		if s.pick(n) == other.pick(n) {
			same++
		}
	}
	if same == 1000 {
		t.Error("another seed makes the same choices")
	}
}

func TestGuardRefusesWhatNobodyAdmitted(t *testing.T) {
	g, err := newGuard(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.dial(t.Context(), "tcp", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "nobody admitted") {
		t.Errorf("dial: %v", err)
	}
	if err := g.check("192.0.2.1:80"); err == nil {
		t.Error("the last gate is open")
	}
	if _, err := g.admit(t.Context(), "127.0.0.1"); err != nil {
		t.Error(err)
	}
	if err := g.check("127.0.0.1:80"); err != nil {
		t.Error(err)
	}
}
