package simulate

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Run plays a network. It is an error when the network or the configuration
// make no sense, and when ctx ends first; a network that cannot keep up is a
// result.
func Run(ctx context.Context, n Network, c Config) (Result, error) {
	runs, err := replicate(ctx, n, c, 0, 0)
	if err != nil {
		return Result{}, err
	}
	return gather(n, runs), nil
}

// replicate runs all replications. Requests that take longer than limit count
// as slow, and a replication ends after a number of them; 0 is none.
func replicate(ctx context.Context, n Network, c Config, limit time.Duration, enough uint64) ([]*engine, error) {
	if err := n.Check(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	p, err := compile(n)
	if err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	var runs []*engine
	for i := range max(c.Replications, 1) {
		e := newEngine(n, p)
		e.timeout, e.limit, e.enough = int64(c.Timeout), int64(limit), enough
		if err := e.run(ctx, newArrivals(n, c, i), c.inFlight()); err != nil {
			return nil, fmt.Errorf("simulate: replication %d: %w", i+1, err)
		}
		e.strip()
		runs = append(runs, e)
	}
	return runs, nil
}

// strip keeps the results only.
func (e *engine) strip() {
	e.stations, e.groups, e.appliers, e.tokens, e.joins, e.spare = nil, nil, nil, nil, nil, nil
	e.agenda = agenda{}
}

// gather makes a result of replications.
func gather(n Network, runs []*engine) Result {
	names, _ := operations(n)
	r := Result{Replications: len(runs)}
	var good, bad []float64
	all := make([]histogram, len(runs))
	for i, e := range runs {
		r.Started += e.started
		r.Done += e.done
		r.Refused += e.refused
		r.Late += e.late
		r.Overloaded = r.Overloaded || e.overloaded
		r.Virtual += time.Duration(e.until - e.from)
		good = append(good, float64(e.done)/e.seconds())
		bad = append(bad, float64(e.refused+e.late)/float64(e.started))
		for k := range e.took {
			all[i].merge(&e.took[k])
		}
	}
	r.InFlight = r.Started - r.Done - r.Refused - r.Late
	r.Goodput = intervalOf(float64(r.Done)/r.Virtual.Seconds(), good)
	r.Failures = intervalOf(float64(r.Refused+r.Late)/float64(r.Started), bad)
	r.Response = summarise(all)
	for k, name := range names {
		one := make([]histogram, len(runs))
		for i, e := range runs {
			one[i] = e.took[k]
		}
		r.Operations = append(r.Operations, Operation{name, summarise(one)})
	}
	for i := range n.Stations {
		r.Stations = append(r.Stations, useOf(n, i, runs))
	}
	return r
}

func (e *engine) seconds() float64 { return float64(e.until-e.from) / 1e9 }

// summarise merges the counts of replications.
func summarise(runs []histogram) Response {
	r := Response{}
	var means []float64
	for i := range runs {
		r.counts.merge(&runs[i])
		if runs[i].total > 0 {
			means = append(means, runs[i].mean())
		}
	}
	r.Count = r.counts.total
	r.Mean = intervalOf(r.counts.mean(), means)
	for _, q := range quantiles() {
		var values []float64
		for i := range runs {
			if runs[i].total > 0 {
				values = append(values, runs[i].quantile(q))
			}
		}
		x := Quantile{Q: q, Interval: intervalOf(r.counts.quantile(q), values)}
		x.From, x.To = middle(values)
		r.Quantiles = append(r.Quantiles, x)
	}
	return r
}

// useOf is one station over replications.
func useOf(n Network, i int, runs []*engine) Use {
	s := n.Stations[i]
	slots := float64(s.Slots * n.Groups[s.Group].total())
	u := Use{Name: s.Name}
	var use, queue, rate, stay []float64
	for _, e := range runs {
		t, length := e.closed[i], float64(e.until-e.from)
		if length <= 0 {
			continue
		}
		use = append(use, t.busyArea/length/slots)
		queue = append(queue, t.queueArea/length)
		rate = append(rate, float64(t.came)/length*1e9)
		if t.done > 0 {
			stay = append(stay, t.stays/float64(t.done))
		}
		u.MaxQueue = max(u.MaxQueue, int(t.most))
		u.Refused += t.refused
	}
	u.Use, u.Queue = intervalOf(mean(use), use), intervalOf(mean(queue), queue)
	u.Rate, u.Stay = intervalOf(mean(rate), rate), intervalOf(mean(stay), stay)
	return u
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
