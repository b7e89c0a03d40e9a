package launch

import (
	"context"
	"fmt"
	"net/http"

	"rung/targets"
)

// Supervised is a system as a supervisor sees it: it checks nodes by their
// telemetry endpoints and replaces them. It is safe for concurrent use.
type Supervised struct{ System *System }

// Check returns nil when the node answers its health check.
func (p Supervised) Check(ctx context.Context, node string) error {
	e, ok := p.System.Endpoints()[targets.TelemetryEndpoint(node)]
	if !ok {
		return fmt.Errorf("node %s has no telemetry endpoint", node)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.Address+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("node %s: %w", node, err)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return fmt.Errorf("node %s: %w", node, err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("node %s: status %s", node, res.Status)
	}
	return nil
}

// Replace ends what is left of the node's process and puts a new machine in
// its place: the same addresses, an empty disk.
func (p Supervised) Replace(ctx context.Context, node string) error {
	if p.System.Alive(node) {
		if _, err := p.System.Kill(node); err != nil {
			return err
		}
	}
	return p.System.Replace(ctx, node)
}
