package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/wire"
)

// Config says how nodes are started.
type Config struct {
	// Command runs a node, for example {"/usr/local/bin/rung", "node"}.
	Command []string
	// Directory holds a folder for the data of each node.
	Directory string
	// Templates is a folder, shared by the systems of a run, for what
	// databases seeded; see targets.Spec. Empty means none.
	Templates string
	// Log opens the log of a node. It is opened again after a restart.
	Log func(node string) (io.WriteCloser, error)
	// Seed of everything random in the nodes.
	Seed uint64
	// Clock of the clients' wires.
	Clock *clock.Clock
	// Patience bounds the start of the whole system. Zero means 30 s.
	Patience time.Duration
}

// grace is how long a node may take to end by itself: long enough to close a
// database, short enough that nobody wonders.
const grace = 2 * time.Second

// System is a topology that runs. It is safe for concurrent use. Close ends
// every process.
type System struct {
	topology targets.Topology
	config   Config
	plan     plan
	spawner  *spawner
	// clients are the users' wires, by the name of the users and the node.
	clients map[[2]string]*wire.Link

	mu        sync.Mutex
	processes map[string]*process
	endpoints map[string]targets.Endpoint
	closed    bool
	close     sync.Once
	startup   time.Duration
}

// Start launches every node of a topology and returns when all of them serve.
// On an error nothing is left running.
func Start(ctx context.Context, t targets.Topology, cfg Config) (*System, error) {
	if problems := t.Validate(); len(problems) > 0 {
		return nil, fmt.Errorf("topology %s: %w", t.Name, problems[0])
	}
	if cfg.Patience == 0 {
		cfg.Patience = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Patience)
	defer cancel()
	began := time.Now()
	plan, err := newPlan(ctx, t, cfg)
	if err != nil {
		return nil, fmt.Errorf("topology %s: %w", t.Name, err)
	}
	s := &System{topology: t, config: cfg, plan: plan, spawner: newSpawner(), clients: clientLinks(t, cfg),
		processes: map[string]*process{}, endpoints: map[string]targets.Endpoint{}}
	if err := s.startAll(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("topology %s: %w", t.Name, err)
	}
	s.startup = time.Since(began)
	return s, nil
}

// clientLinks makes the wires of all users. Those of a region have an address
// of its subnet.
func clientLinks(t targets.Topology, cfg Config) map[[2]string]*wire.Link {
	sources := map[string]string{targets.Clients: ""}
	for _, r := range t.Regions {
		if p, err := netip.ParsePrefix(r.Subnet); err == nil { // a valid topology has no others
			sources[r.Clients()] = p.Addr().Next().String()
		}
	}
	links := map[[2]string]*wire.Link{}
	for i, l := range t.Links {
		source, ok := sources[l.From]
		if !ok {
			continue
		}
		link := wire.NewLink(cfg.Clock, l, cfg.Seed+uint64(i))
		if source != "" {
			link.From(source)
		}
		links[[2]string{l.From, l.To}] = link
	}
	return links
}

// startAll has every node listen that is not on standby, and then tells each
// where all others are.
func (s *System) startAll(ctx context.Context) error {
	var nodes []string
	for _, n := range s.topology.Nodes {
		if !n.Standby {
			nodes = append(nodes, n.Name)
		}
	}
	err := each(nodes, func(node string) error {
		p, endpoints, err := s.startNode(ctx, s.plan.specs[node])
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.processes[node] = p
		maps.Copy(s.endpoints, endpoints)
		return nil
	})
	if err != nil {
		return err
	}
	endpoints := s.Endpoints()
	return each(nodes, func(node string) error {
		_, err := s.call(ctx, node, targets.Command{Do: targets.DoServe, Endpoints: endpoints})
		return err
	})
}

// each does a thing for all nodes at once.
func each(nodes []string, do func(node string) error) error {
	errs := make([]error, len(nodes))
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() { errs[i] = do(n) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (s *System) startNode(ctx context.Context, spec targets.Spec) (*process, map[string]targets.Endpoint, error) {
	if err := os.MkdirAll(spec.Directory, 0o755); err != nil {
		return nil, nil, fmt.Errorf("node %s: data directory: %w", spec.Node.Name, err)
	}
	log, err := s.config.Log(spec.Node.Name)
	if err != nil {
		return nil, nil, fmt.Errorf("node %s: log: %w", spec.Node.Name, err)
	}
	p, err := start(s.spawner.start, s.config.Command, spec, log)
	if err != nil {
		log.Close()
		return nil, nil, err
	}
	endpoints, err := p.addresses(ctx)
	if err != nil {
		p.kill()
		return nil, nil, err
	}
	return p, endpoints, nil
}

// Topology returns what was started.
func (s *System) Topology() targets.Topology { return s.topology }

// Startup is the time from the first process to the last one serving.
func (s *System) Startup() time.Duration { return s.startup }

// Endpoints returns where every role listens that was ever started.
func (s *System) Endpoints() map[string]targets.Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.endpoints)
}

// Dial connects, as a client does, to a role over the clients' wire to its
// node. Network is "tcp" or "udp". A role that clients have no wire to is
// reached directly, as an operator would.
func (s *System) Dial(ctx context.Context, network, role string) (net.Conn, error) {
	return s.DialFrom(ctx, targets.Clients, network, role)
}

// DialFrom is Dial for the users of a region, by [targets.Region.Clients].
func (s *System) DialFrom(ctx context.Context, clients, network, role string) (net.Conn, error) {
	e, ok := s.Endpoints()[role]
	if !ok {
		return nil, fmt.Errorf("dial %s: there is no such role", role)
	}
	if link, ok := s.clients[[2]string{clients, e.Node}]; ok {
		return link.DialContext(ctx, network, e.Address)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, e.Address)
}

func (s *System) call(ctx context.Context, node string, c targets.Command) (targets.Reply, error) {
	s.mu.Lock()
	p := s.processes[node]
	s.mu.Unlock()
	if p == nil {
		return targets.Reply{}, fmt.Errorf("node %s does not run", node)
	}
	return p.call(ctx, c)
}

// Metrics asks a node for its metrics.
func (s *System) Metrics(ctx context.Context, node string) (targets.Metrics, error) {
	reply, err := s.call(ctx, node, targets.Command{Do: targets.DoMetrics})
	if err != nil {
		return targets.Metrics{}, err
	}
	if reply.Metrics == nil {
		return targets.Metrics{}, fmt.Errorf("node %s: reply without metrics", node)
	}
	return *reply.Metrics, nil
}

// Command has the node of a role carry out a command, such as DoWarm.
func (s *System) Command(ctx context.Context, role string, c targets.Command) error {
	_, err := s.Ask(ctx, role, c)
	return err
}

// Ask is Command with the counts that the node replies.
func (s *System) Ask(ctx context.Context, role string, c targets.Command) (map[string]int64, error) {
	e, ok := s.Endpoints()[role]
	if !ok {
		return nil, fmt.Errorf("%s: there is no role %q", c.Do, role)
	}
	c.Role = role
	reply, err := s.call(ctx, e.Node, c)
	return reply.Counts, err
}

// Close ends every node and waits until all are gone. It may be called more
// than once.
func (s *System) Close() {
	s.close.Do(func() {
		s.mu.Lock()
		s.closed = true
		processes := maps.Clone(s.processes)
		s.mu.Unlock()
		var wg sync.WaitGroup
		for _, p := range processes {
			wg.Go(func() { p.end(grace) })
		}
		wg.Wait()
		s.spawner.close()
		for _, link := range s.clients {
			link.Close() // aborts what is left; nobody waits for its error
		}
	})
}

// data is the folder of a node's data.
func (c Config) data(node string) string { return filepath.Join(c.Directory, node) }
