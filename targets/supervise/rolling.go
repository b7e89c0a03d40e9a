package supervise

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Fleet is what a rolling deployment works on.
type Fleet interface {
	// Leave has the node get no new requests, and returns when it has none.
	Leave(ctx context.Context, node string) error
	// Stop ends the node.
	Stop(ctx context.Context, node string) error
	// Start starts the node with the new version and returns when it serves.
	Start(ctx context.Context, node string) error
	// Join has the node get requests again.
	Join(ctx context.Context, node string) error
}

// Rolling brings a new version to nodes, one after another. At the first error
// it stops, and puts the node that it took out back if that still runs. After
// each step changed is called, if it is not nil.
func Rolling(ctx context.Context, nodes []string, f Fleet, changed func(Event)) error {
	tell := func(node, what string, err error) {
		if changed == nil {
			return
		}
		e := Event{At: time.Now(), Node: node, What: what}
		if err != nil {
			e.Cause = err.Error()
		}
		changed(e)
	}
	for _, node := range nodes {
		tell(node, "leaving", nil)
		stopped := false
		for _, step := range []struct {
			what string
			do   func(context.Context, string) error
		}{{"left", f.Leave}, {"stopped", f.Stop}, {"started", f.Start}, {"joined", f.Join}} {
			if err := step.do(ctx, node); err != nil {
				err = fmt.Errorf("node %s: not %s: %w", node, step.what, err)
				tell(node, "failed", err)
				if !stopped {
					err = errors.Join(err, f.Join(context.WithoutCancel(ctx), node))
				}
				return err
			}
			stopped = step.what == "stopped" || stopped && step.what != "started"
			tell(node, step.what, nil)
		}
	}
	return nil
}
