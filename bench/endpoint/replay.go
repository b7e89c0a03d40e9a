package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/calibrate"
	"rung/bench/record"
)

// ReplayConfig is how results of another tool are reported.
type ReplayConfig struct {
	// Thresholds become verdicts. None passes: see Replay.
	Thresholds []Threshold
	// Files takes the histogram log. Nil means none.
	Files        Files
	Tool, Commit string
}

const (
	// mostPast bounds the results that are read: each is kept in 24 bytes.
	mostPast = 20_000_000
	// mostPlaces bounds the different requests, and mostCauses the different
	// errors, that are told apart.
	mostPlaces = 10_000
	mostCauses = 64
	// mostSpan bounds the time between results, and mostLatency that of one:
	// what is beyond them is no attack, and would overflow sums of times.
	mostSpan    = 366 * 24 * time.Hour
	mostLatency = 24 * time.Hour
)

// unplanned is why thresholds that hold on a replay are not passed.
const unplanned = "times count from the moment of sending, because the results do not say when a request was due: " +
	"what waited in the generator, or was never sent, is not in them"

// Replay reads the results of "vegeta attack" and reports them as a run of
// KindReplay. Response times count from the moment of sending, so a threshold
// that is missed is failed, and one that holds is unknown.
func Replay(ctx context.Context, r io.Reader, cfg ReplayConfig) (bench.Run, error) {
	p := &past{index: map[request]uint16{}, causes: map[string]uint16{}}
	err := attack.ReadPast(r, func(one attack.Past) error {
		if len(p.all) >= mostPast {
			return fmt.Errorf("more than %d results", mostPast)
		}
		if err := p.add(one); err != nil {
			return err
		}
		if len(p.all)%10_000 == 0 {
			return ctx.Err()
		}
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return bench.Run{}, ctx.Err()
	case err != nil && len(p.all) == 0:
		return bench.Run{}, err
	case len(p.all) == 0:
		return bench.Run{}, errors.New("there are no results")
	}
	return p.run(cfg, err)
}

// request is what results are grouped by.
type request struct{ method, url string }

// hit is one result. Sent counts from the first one sent.
type hit struct {
	sent, took  int64
	code        uint16
	what, cause uint16
}

// past is all results.
type past struct {
	all      []hit
	first    time.Time
	highest  uint64 // sequence number
	requests []request
	index    map[request]uint16
	causes   map[string]uint16
	names    []string // of causes
	attacks  []string
	bytes    uint64
}

func (p *past) add(one attack.Past) error {
	if len(p.all) == 0 {
		p.first = one.At
	}
	if apart := one.At.Sub(p.first); apart < -mostSpan || apart > mostSpan {
		return fmt.Errorf("result %d was sent at %v, the first one at %v: more than %v apart", len(p.all)+1, one.At, p.first, mostSpan)
	}
	if one.Latency < 0 || one.Latency > mostLatency {
		return fmt.Errorf("result %d took %v: 0 to %v is believed", len(p.all)+1, one.Latency, mostLatency)
	}
	p.highest = max(p.highest, one.Seq)
	p.bytes += one.BytesIn
	if !slices.Contains(p.attacks, one.Attack) && len(p.attacks) < mostCauses {
		p.attacks = append(p.attacks, one.Attack)
	}
	h := hit{sent: int64(one.At.Sub(p.first)), took: int64(one.Latency), code: uint16(min(max(one.Code, 0), math.MaxUint16))}
	h.what = p.request(request{one.Method, one.URL})
	if cause := pastCause(one); cause != "" {
		h.cause = 1 + p.cause(cause)
	}
	p.all = append(p.all, h)
	return nil
}

func (p *past) request(r request) uint16 {
	i, ok := p.index[r]
	if !ok {
		if len(p.requests) >= mostPlaces {
			return 0 // counted with the first
		}
		i = uint16(len(p.requests))
		p.index[r] = i
		p.requests = append(p.requests, r)
	}
	return i
}

func (p *past) cause(text string) uint16 {
	i, ok := p.causes[text]
	if !ok {
		if len(p.names) >= mostCauses {
			return mostCauses - 1
		}
		if len(p.names) == mostCauses-1 {
			text = "other"
		}
		i = uint16(len(p.names))
		p.causes[text] = i
		p.names = append(p.names, text)
	}
	return i
}

// pastCause groups a failure: by its status, or by the end of vegeta's words,
// which has no ports and addresses in it.
func pastCause(one attack.Past) string {
	switch {
	case one.Code >= 200 && one.Code < 400:
		return ""
	case one.Code > 0:
		return strconv.Itoa(one.Code)
	}
	parts := strings.Split(one.Error, ": ")
	if last := strings.TrimSpace(parts[len(parts)-1]); last != "" {
		return last[:min(len(last), 80)]
	}
	return "no answer"
}

// run makes a run of the results. Broken is why reading ended early.
func (p *past) run(cfg ReplayConfig, broken error) (bench.Run, error) {
	slices.SortStableFunc(p.all, func(a, b hit) int { return int(min(max(a.sent-b.sent, -1), 1)) })
	// The first result that was read need not be the first that was sent.
	begin := p.all[0].sent
	started := p.first.Add(time.Duration(begin)).UTC()
	for i := range p.all {
		p.all[i].sent -= begin
	}
	names, of, listed := p.operations()
	out := bench.Run{Schema: bench.Schema, Tool: cfg.Tool, Kind: bench.KindReplay, Started: started.Round(time.Millisecond),
		Hardware: bench.Hardware{Name: "bare"}, Host: calibrate.Host(cfg.Commit), Verdict: bench.Unknown,
		Workload: bench.Workload{Name: "endpoint", Arrivals: bench.ArrivalsConstant},
		Endpoint: &bench.Endpoint{Targets: listed, Protocol: "HTTP", Source: "vegeta: " + strings.Join(p.attackNames(), ", ")}}
	for _, t := range cfg.Thresholds {
		out.Endpoint.Thresholds = append(out.Endpoint.Thresholds, t.String())
	}
	if slo, ok := sloOf(cfg.Thresholds); ok {
		out.Workload.SLO = slo
	}
	out.Stages = []bench.StageResult{{Stage: bench.Stage{ID: stage, Title: fmt.Sprintf("%d results of vegeta", len(p.all))}}}
	result := &out.Stages[0]
	m, j, err := p.measure(cfg, names, of, started)
	if err != nil {
		return out, err
	}
	out.Endpoint.Plan = m.Plan
	out.Profile = bench.Profile{Name: stage, Rate: m.Rate, Common: m.Duration, Repeats: 1}
	out.Finished = started.Add(m.Duration).Round(time.Millisecond)
	result.Common = &m
	s := session{out: &out, result: result, facts: bench.Facts{}}
	s.state(&seen{measurement: m, judge: j})
	for i, t := range cfg.Thresholds {
		v := bench.Verdict{ID: fmt.Sprintf("slo-%d", i+1), Text: t.String()}
		var evidence string
		v.Word, evidence = j.decide(i, m)
		v.Evidence = []string{evidence}
		if v.Word == bench.Pass {
			v.Word = bench.Unknown
			v.Evidence = append(v.Evidence, "in doubt: "+unplanned)
		}
		result.Verdicts = append(result.Verdicts, v)
	}
	result.Verdicts = append(result.Verdicts, bench.Verdict{ID: "generator", Word: bench.Unknown,
		Text: "the generator sent what was planned, when it was due", Evidence: []string{unplanned}})
	if broken != nil {
		out.Partial = "the results break off: " + broken.Error()
	}
	if last := p.all[len(p.all)-1].sent; last == 0 && len(p.all) > 1 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("all %d results were sent at the same moment: their rate means nothing", len(p.all)))
	}
	if lost := p.highest + 1 - min(uint64(len(p.all)), p.highest+1); lost > 0 && len(p.attacks) == 1 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d sequence numbers are missing", lost))
	}
	out.Warnings = append(out.Warnings, unplanned)
	s.complete()
	return out, nil
}

func (p *past) attackNames() []string {
	var out []string
	for _, a := range p.attacks {
		if a == "" {
			a = "an attack without a name"
		}
		out = append(out, a)
	}
	return out
}

// measure records the results as samples.
func (p *past) measure(cfg ReplayConfig, names []string, of []int, started time.Time) (bench.Measurement, *judge, error) {
	longest := int64(0)
	for _, h := range p.all {
		longest = max(longest, h.took)
	}
	plan := sentPlan{p.all}
	to := record.Config{Name: measurement, Operations: names, Plan: plan, Timeout: time.Duration(longest), Interval: interval(plan.Duration()),
		Started: started, Heat: true, Operation: func(n uint64) int { return of[p.all[n].what] }}
	closeLog := func() error { return nil }
	if cfg.Files != nil {
		log, err := cfg.Files.Log(stage, measurement)
		if err != nil {
			return bench.Measurement{}, nil, err
		}
		to.Log, closeLog = log, log.Close
	}
	recorder, j := record.New(to), newJudge(cfg.Thresholds)
	for n, h := range p.all {
		x := bench.Sample{Seq: uint64(n), Operation: of[h.what], Intended: time.Duration(h.sent), Sent: time.Duration(h.sent),
			Done: time.Duration(h.sent + h.took), Code: int(h.code)}
		if h.cause > 0 {
			x.Outcome, x.Cause = bench.Failed, p.names[h.cause-1]
		}
		recorder.Record(&x)
		j.note(&x)
	}
	m := recorder.Finish(bench.Generator{})
	if cfg.Files != nil {
		m.Log = fmt.Sprintf("%s/%s.hlog", stage, measurement)
	}
	return m, j, closeLog()
}

// operations groups the requests as those of an attack are.
func (p *past) operations() (names []string, of []int, listed []bench.EndpointTarget) {
	missions := make([]mission, len(p.requests))
	for i, r := range p.requests {
		u, err := url.Parse(r.url)
		if err != nil || u.Host == "" {
			u = &url.URL{}
		}
		missions[i] = mission{target: Target{Method: r.method, URL: r.url}, url: u, place: place{scheme: u.Scheme, host: strings.ToLower(u.Host)}}
	}
	names, of, err := operations(missions)
	if err != nil { // too many hosts: one group
		names, of = []string{"all"}, make([]int, len(missions))
	}
	counts := make([]float64, len(p.requests))
	for _, h := range p.all {
		counts[h.what]++
	}
	for i, m := range missions {
		at := slices.IndexFunc(listed, func(t bench.EndpointTarget) bool { return t.Name == names[of[i]] })
		if at < 0 {
			u := *m.url
			u.User = nil
			listed = append(listed, bench.EndpointTarget{Name: names[of[i]], Method: m.target.method(), URL: u.String()})
			at = len(listed) - 1
		}
		listed[at].Weight += counts[i] / float64(len(p.all))
	}
	return names, of, listed
}

// sentPlan is a plan made of when requests were sent.
type sentPlan struct{ all []hit }

// At implements bench.Plan.
func (s sentPlan) At(n uint64) time.Duration { return time.Duration(s.all[n].sent) }

// Count implements bench.Plan.
func (s sentPlan) Count() uint64 { return uint64(len(s.all)) }

// Duration implements bench.Plan: one mean gap beyond the last request, so
// that the rate is not one request too high, or a second where there is none.
func (s sentPlan) Duration() time.Duration {
	last := s.all[len(s.all)-1].sent
	if n := int64(len(s.all) - 1); n > 0 && last > 0 {
		return time.Duration(last + max(last/n, 1))
	}
	return time.Duration(last + int64(time.Second))
}

// String implements bench.Plan.
func (s sentPlan) String() string {
	return fmt.Sprintf("%.4g/s for %v, as they were sent", float64(s.Count())/s.Duration().Seconds(), s.Duration().Round(time.Millisecond))
}
