package endpoint_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/endpoint"
)

// results are 1000 answers of 1 to 1000 ms, one each 10 ms, in an order of
// their own, and some failures.
func results() []vegeta.Result {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var all []vegeta.Result
	for n := range 1000 {
		r := vegeta.Result{Attack: "a", Seq: uint64(n), Code: 200, Timestamp: start.Add(time.Duration(n) * 10 * time.Millisecond),
			Latency: time.Duration((n*7)%1000+1) * time.Millisecond, BytesIn: 5, Method: "GET", URL: "http://127.0.0.1:80/items"}
		switch {
		case n%100 == 50:
			r.Code, r.Error = 503, "503 Service Unavailable"
		case n%100 == 51:
			r.Code, r.Error, r.URL = 0, "Get \"http://127.0.0.1:80/other\": dial tcp 127.0.0.1:54321: connect: connection refused", "http://127.0.0.1:80/other"
		}
		all = append(all, r)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func encoded(t *testing.T, all []vegeta.Result, with func(*bytes.Buffer) vegeta.Encoder) []byte {
	t.Helper()
	var b bytes.Buffer
	e := with(&b)
	for i := range all {
		if err := e.Encode(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func encodings() map[string]func(*bytes.Buffer) vegeta.Encoder {
	return map[string]func(*bytes.Buffer) vegeta.Encoder{
		"gob":  func(b *bytes.Buffer) vegeta.Encoder { return vegeta.NewEncoder(b) },
		"json": func(b *bytes.Buffer) vegeta.Encoder { return vegeta.NewJSONEncoder(b) },
		"csv":  func(b *bytes.Buffer) vegeta.Encoder { return vegeta.NewCSVEncoder(b) },
	}
}

func TestReplayReadsEveryEncodingAlike(t *testing.T) {
	slo, err := endpoint.ParseSLO("p90<2s,p50<100ms,failures<10%,failures<1%")
	if err != nil {
		t.Fatal(err)
	}
	for name, with := range encodings() {
		run, err := endpoint.Replay(context.Background(), bytes.NewReader(encoded(t, results(), with)), endpoint.ReplayConfig{Thresholds: slo})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m := run.Stages[0].Common
		if m.Total.Sent != 1000 || m.Total.Failed != 20 || m.Total.OK != 980 || m.Total.Unsent != 0 {
			t.Errorf("%s: %+v", name, m.Total)
		}
		if m.Rate < 99.99 || m.Rate > 100.01 {
			t.Errorf("%s: rate %v, 100/s were sent", name, m.Rate)
		}
		// 1 to 1000 ms evenly: the median is 500 ms but for the failures.
		if p50 := *m.Total.Response.P50; p50 < 490*time.Millisecond || p50 > 510*time.Millisecond {
			t.Errorf("%s: p50 %v", name, p50)
		}
		var words []bench.Word
		for _, v := range run.Stages[0].Verdicts {
			words = append(words, v.Word)
		}
		// What holds is unknown: nobody knows when requests were due.
		if want := []bench.Word{bench.Unknown, bench.Fail, bench.Unknown, bench.Fail, bench.Unknown}; !slices.Equal(words, want) {
			t.Errorf("%s: verdicts %v, want %v", name, words, want)
		}
		causes := map[string]uint64{}
		for _, e := range m.Errors {
			causes[e.Cause] += e.Count
		}
		if causes["503"] != 10 || causes["connection refused"] != 10 {
			t.Errorf("%s: causes %v", name, causes)
		}
		if run.Kind != bench.KindReplay || run.Verdict != bench.Fail || len(m.Operations) != 2 {
			t.Errorf("%s: kind %q, verdict %s, %d operations", name, run.Kind, run.Verdict, len(m.Operations))
		}
	}
}

func TestReplayOfWhatBreaksOff(t *testing.T) {
	data := encoded(t, results(), encodings()["csv"])
	data = append(data[:len(data)-20:len(data)-20], "\n1,2\n"...)
	run, err := endpoint.Replay(context.Background(), bytes.NewReader(data), endpoint.ReplayConfig{})
	if err != nil || !strings.Contains(run.Partial, "result") || run.Verdict == bench.Pass {
		t.Errorf("partial %q, verdict %s, error %v", run.Partial, run.Verdict, err)
	}
}

func TestReplayRefusesOtherThings(t *testing.T) {
	for name, text := range map[string]string{"nothing": "", "words": "hello world\n", "csv of others": "a,b,c\n1,2,3\n", "json of others": "[1,2]\n"} {
		if _, err := endpoint.Replay(context.Background(), strings.NewReader(text), endpoint.ReplayConfig{}); !errors.Is(err, attack.ErrPast) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var many []vegeta.Result
	for range 11 {
		many = append(many, results()...)
	}
	if _, err := endpoint.Replay(ctx, bytes.NewReader(encoded(t, many, encodings()["gob"])), endpoint.ReplayConfig{}); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
}

// TestReplayStopsAtWhatCannotBe: times that no attack has would overflow sums.
func TestReplayStopsAtWhatCannotBe(t *testing.T) {
	for name, spoil := range map[string]func(*vegeta.Result){
		"long before": func(r *vegeta.Result) { r.Timestamp = time.Time{} },
		"long after":  func(r *vegeta.Result) { r.Timestamp = r.Timestamp.AddDate(300, 0, 0) },
		"endless":     func(r *vegeta.Result) { r.Latency = 1 << 62 },
		"negative":    func(r *vegeta.Result) { r.Latency = -1 },
		"a day long":  func(r *vegeta.Result) { r.Latency = 25 * time.Hour },
	} {
		all := results()[:50]
		spoil(&all[40])
		run, err := endpoint.Replay(context.Background(), bytes.NewReader(encoded(t, all, encodings()["gob"])), endpoint.ReplayConfig{})
		if err != nil || !strings.Contains(run.Partial, "result 41") || run.Stages[0].Common.Total.Sent != 40 || run.Verdict == bench.Pass {
			t.Errorf("%s: partial %q, verdict %s, error %v", name, run.Partial, run.Verdict, err)
		}
	}
}

func TestReplayOfOneMoment(t *testing.T) {
	all := results()[:50]
	for i := range all {
		all[i].Timestamp = all[0].Timestamp
	}
	run, err := endpoint.Replay(context.Background(), bytes.NewReader(encoded(t, all, encodings()["gob"])), endpoint.ReplayConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if rate := run.Stages[0].Common.Rate; rate != 50 || !strings.Contains(strings.Join(run.Warnings, "\n"), "the same moment") {
		t.Errorf("rate %v, warnings %q; want 50 in a second, and a warning", rate, run.Warnings)
	}
}
