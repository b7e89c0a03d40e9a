package run

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"rung/bench"
	"rung/targets"
	"rung/targets/supervise"
)

// nextVersion is what a rolling deployment brings; every node starts with 1.
const nextVersion = 2

// deploy brings a new version to nodes, one after another, under an attack.
func (s *session) deploy(ctx context.Context, b *bed, e bench.Experiment) error {
	p := s.cfg.Profile
	// The attack goes on until the last node has been replaced.
	length := p.Before + time.Duration(len(e.Nodes))*3*time.Second + p.After
	s.stepFor(length, "%s: version %d to %d nodes, one after another", e.Name, nextVersion, len(e.Nodes))
	if err := b.ready(ctx); err != nil {
		return err
	}
	fleet := &fleet{bed: b, out: map[string]bool{}}
	done := make(chan error, 1)
	loadCtx, stop := context.WithCancel(ctx)
	defer stop()
	seen, err := b.attack(loadCtx, order{open: true, name: e.Name, rate: s.rateOf(e), length: length, only: e.Operations,
		regions: b.system.Topology().Spread(), interval: 100 * time.Millisecond, keep: true, began: func(t time.Time) {
			go func() {
				done <- fleet.roll(ctx, e.Nodes, t.Add(p.Before))
				if s.clock.Until(ctx, time.Now().Add(p.After)) == nil {
					stop() // no more load is needed
				}
			}()
		}})
	if seen == nil {
		return err
	}
	if seen.began.IsZero() {
		return err
	}
	if err := <-done; err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	served, err := b.versions(ctx)
	if err != nil {
		return err
	}
	s.deployFacts(e, seen, fleet, served)
	return nil
}

// fleet takes servers out of their balancers and puts them back. It is safe
// for concurrent use.
type fleet struct {
	bed *bed

	mu     sync.Mutex
	out    map[string]bool
	events []supervise.Event
}

func (f *fleet) roll(ctx context.Context, nodes []string, at time.Time) error {
	if err := f.bed.session.clock.Until(ctx, at); err != nil {
		return err
	}
	return supervise.Rolling(ctx, nodes, f, func(e supervise.Event) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.events = append(f.events, e)
	})
}

// Leave implements supervise.Fleet: the balancers send nothing new, and what
// is under way ends.
func (f *fleet) Leave(ctx context.Context, node string) error {
	if err := f.tell(ctx, node, true); err != nil {
		return err
	}
	servers := f.bed.rolesOn([]string{node})
	return f.bed.until(ctx, node+" has no requests left", func() bool {
		for _, m := range f.bed.metrics(ctx) {
			for _, counters := range m.Roles {
				for _, r := range servers {
					if counters["server_"+r.Name+"_active"] > 0 {
						return false
					}
				}
			}
		}
		return true
	})
}

// Stop implements supervise.Fleet.
func (f *fleet) Stop(_ context.Context, node string) error { return f.bed.system.End(node) }

// Start implements supervise.Fleet.
func (f *fleet) Start(ctx context.Context, node string) error {
	return f.bed.system.Deploy(ctx, node, nextVersion)
}

// Join implements supervise.Fleet.
func (f *fleet) Join(ctx context.Context, node string) error { return f.tell(ctx, node, false) }

// tell says to every balancer which of its servers are there.
func (f *fleet) tell(ctx context.Context, node string, out bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.bed.rolesOn([]string{node}) {
		f.out[r.Name] = out
	}
	for _, lb := range f.bed.system.Topology().RolesOf(targets.KindBalancer) {
		servers := slices.DeleteFunc(slices.Clone(lb.Balancer.Servers), func(name string) bool { return f.out[name] })
		if err := f.bed.system.Servers(ctx, lb.Name, servers); err != nil {
			return err
		}
	}
	return nil
}

// versions counts the versions that answer.
func (b *bed) versions(ctx context.Context) (map[string]int, error) {
	const requests = 30
	served := map[string]int{}
	for i := range requests {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url()+"/users/"+strconv.Itoa(i+1), nil)
		if err != nil {
			return nil, err
		}
		res, err := b.client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("ask for the version: %w", err)
		}
		discard(res)
		served[res.Header.Get("X-Version")]++
	}
	return served, nil
}

func (s *session) deployFacts(e bench.Experiment, o *seen, f *fleet, served map[string]int) {
	s.measured(e.Name, o)
	total, from := 0, fmt.Sprintf("attack %s, %s", e.Name, o.measurement.Plan)
	for _, n := range served {
		total += n
	}
	s.facts.Add(e.Name+".failed_count", float64(o.measurement.Total.Failed), from)
	s.facts.Add(e.Name+".requests_count", float64(o.measurement.Total.Sent), from)
	s.facts.Add(e.Name+".new_version_ratio", float64(served[strconv.Itoa(nextVersion)])/float64(max(total, 1)), fmt.Sprintf("%d requests after it", total))
	figure := timeline(e.Name, "A new version on one server after another, "+e.Name,
		"Answers and failures of each tenth of a second, p99 on the right. Each band is one server: it gets no new requests, "+
			"finishes those it has, ends, and starts again with the new version.", o)
	left := map[string]time.Time{}
	for _, event := range f.events {
		switch event.What {
		case "leaving":
			left[event.Node] = event.At
		case "joined":
			figure.Bands = append(figure.Bands, o.band(event.Node, left[event.Node], event.At))
			s.facts.Add(e.Name+"."+event.Node+"_took_ns", float64(event.At.Sub(left[event.Node])), "events of the deployment")
		}
	}
	if len(f.events) > 1 {
		s.facts.Add(e.Name+".took_ns", float64(f.events[len(f.events)-1].At.Sub(f.events[0].At)), "events of the deployment")
	}
	s.result.Figures = append(s.result.Figures, figure)
}
