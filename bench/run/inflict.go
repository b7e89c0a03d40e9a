package run

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"rung/bench"
	"rung/targets"
)

// outage is what really happened to nodes, in wall-clock time.
type outage struct {
	killed, started, serving time.Time
	// following is when a replacement had all that its group has.
	following time.Time
	// first, before and after are readings: when the attack began, at the
	// kill, and at the end of the down time.
	first, before, after reading
	// group that lost its primary, if any did: the first of them.
	group []string
	err   error
}

// inflict breaks nodes at a time and mends them after their down time.
func (b *bed) inflict(ctx context.Context, k strike, at time.Time) (o outage) {
	c := b.session.clock
	o.first = b.read(ctx)
	o.group = b.beheads(ctx, k.nodes)
	if o.err = c.Until(ctx, at); o.err != nil {
		return o
	}
	o.before = b.read(ctx)
	if o.killed, o.err = b.breakDown(ctx, k); o.err != nil {
		return o
	}
	if o.err = c.Until(ctx, o.killed.Add(k.down)); o.err != nil {
		return o
	}
	o.after = b.read(ctx)
	o.started = time.Now()
	if o.err = b.mend(ctx, k); o.err != nil {
		return o
	}
	o.serving = time.Now()
	if k.replace && len(b.groups()) > 0 {
		if o.err = b.caughtUp(ctx); o.err == nil {
			o.following = time.Now()
		}
	}
	return o
}

// breakDown kills or cuts off what is struck, and says when the first of it
// was gone.
func (b *bed) breakDown(ctx context.Context, k strike) (at time.Time, err error) {
	if k.method == bench.MethodLinks {
		at = time.Now()
		return at, b.cut(ctx, k.datacenter, true)
	}
	times, errs := make([]time.Time, len(k.nodes)), make([]error, len(k.nodes))
	var all sync.WaitGroup
	for i, node := range k.nodes {
		all.Go(func() { times[i], errs[i] = b.system.Kill(node) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return at, err
	}
	return slices.MinFunc(times, time.Time.Compare), nil
}

func (b *bed) mend(ctx context.Context, k strike) error {
	again := b.system.Restart
	switch {
	case k.method == bench.MethodLinks:
		return b.cut(ctx, k.datacenter, false)
	case k.method == bench.MethodPowerCut:
		again = b.system.RestartAfterPowerCut
	case k.replace:
		again = b.system.Replace
	}
	errs := make([]error, len(k.nodes))
	var all sync.WaitGroup
	for i, node := range k.nodes {
		all.Go(func() { errs[i] = again(ctx, node) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// cut cuts every wire between a data centre and the rest of the world, its
// users among them, or heals them.
func (b *bed) cut(ctx context.Context, datacenter string, off bool) error {
	t := b.system.Topology()
	inside := t.NodesIn(datacenter)
	var crossing []targets.Link
	for _, l := range t.Links {
		if slices.Contains(inside, l.From) != slices.Contains(inside, l.To) {
			crossing = append(crossing, l)
		}
	}
	errs := make([]error, len(crossing))
	var all sync.WaitGroup
	for i, l := range crossing {
		all.Go(func() { errs[i] = b.system.Impair(ctx, l.From, l.To, targets.Impairment{Cut: off}) })
	}
	all.Wait()
	return errors.Join(errs...)
}
