package calibrate

import (
	"context"
	"net/http"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/plan"
	"rung/bench/record"
	"rung/targets/clock"
)

const (
	// timeout of a request to the ruler's server.
	timeout = 2 * time.Second
	// idleRate leaves server and generator idle between two requests.
	idleRate = 100
	// firstRate of the search for the ceiling; it is doubled from there.
	firstRate = 1000
	// probe is how long one rate is tried.
	probe = 400 * time.Millisecond
)

// Ruler attacks a server that does next to nothing, in the way in which the
// target will be attacked. It is for one goroutine.
type Ruler struct {
	Clock *clock.Clock
	// Client that the target will be attacked with, or one like it.
	Client *http.Client
	// BaseURL of the server: "http://host:port".
	BaseURL string
	// Close sends every request on a connection of its own.
	Close bool
}

// Attack sends GETs for a path at a constant rate per second.
func (r Ruler) Attack(ctx context.Context, path string, rate float64, d time.Duration) (bench.Measurement, error) {
	p, err := plan.Constant(rate, d)
	if err != nil {
		return bench.Measurement{}, err
	}
	recorder := record.New(record.Config{Name: "ruler", Operations: []string{"get"}, Plan: p, Timeout: timeout, Started: time.Now()})
	g, err := attack.Run(ctx, attack.Config{Client: r.Client, BaseURL: r.BaseURL, Clock: r.Clock, Timeout: timeout, Name: "ruler"},
		get{path, r.Close}, p, recorder.Record)
	return recorder.Finish(g), err
}

// Loopback is the median response time of an idle server, or zero when it did
// not answer often enough to tell.
func (r Ruler) Loopback(ctx context.Context, path string) (time.Duration, error) {
	m, err := r.Attack(ctx, path, idleRate, 500*time.Millisecond)
	if err != nil || m.Total.Response.P50 == nil {
		return 0, err
	}
	return *m.Total.Response.P50, nil
}

// Ceiling raises the rate in doublings from 1000/s until the generator cannot
// keep up, or the rate is at least most. It is the highest rate that was kept
// up; zero when not even the first was.
func (r Ruler) Ceiling(ctx context.Context, path string, most float64) (ceiling float64, err error) {
	for rate := float64(firstRate); ; rate *= 2 {
		m, err := r.Attack(ctx, path, rate, probe)
		if err != nil {
			return ceiling, err
		}
		if m.Generator.Limited != "" || m.Total.FailureRatio() > 0 {
			return ceiling, nil
		}
		if ceiling = rate; rate >= most {
			return ceiling, nil
		}
	}
}

// get is a source of one request, over and over.
type get struct {
	path  string
	close bool
}

func (get) Operations() []string { return []string{"get"} }

func (g get) Request(uint64) bench.Request {
	out := bench.Request{Method: http.MethodGet, Path: g.path}
	if g.close {
		out.Header = http.Header{"Connection": {"close"}}
	}
	return out
}

func (get) Observe(uint64, bench.Request, int, http.Header) {}
