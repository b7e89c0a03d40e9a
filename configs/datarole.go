package configs

import (
	"fmt"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

// Defaults of the data rungs' settings.
const (
	defaultVirtualNodes     = 100
	defaultCacheConnections = 32
	defaultCacheTimeout     = 200 * time.Millisecond
	defaultCacheHold        = time.Second
	defaultServed           = 10_000 // clients at once
	defaultOriginTimeout    = 5 * time.Second
)

func (b *builder) database(f storeFile) *targets.Database {
	s := b.store(f)
	s.Demand = b.workload.SQL
	d := s.SQL()
	return &d
}

// replicate makes the members of each group of a file know each other, and
// the web servers in front of them.
func (b *builder) replicate(t *targets.Topology, groups []replicationFile) {
	for _, f := range groups {
		source := "Patroni's ttl of 30 s; the heartbeat is our own"
		if f.Lease.duration() != 30*time.Second {
			source = "the stage file; Patroni's ttl is 30 s"
		}
		r := targets.Replication{Members: f.Members, Primary: f.Primary, Mode: targets.Mode(f.Mode), Compress: f.Compress,
			Lease: b.scaled("lease of the primary", f.Lease, source), Heartbeat: b.scaled("heartbeat of the primary", f.Heartbeat, source)}
		if r.Mode == "" {
			r.Mode = targets.ModeAsynchronous
		}
		if r.Primary == "" && len(r.Members) > 0 {
			r.Primary = r.Members[0]
		}
		for _, n := range t.Nodes {
			for _, role := range n.Roles {
				switch {
				case role.Database != nil && slices.Contains(f.Members, role.Name):
					own := r
					role.Database.Replication = &own
				case role.Web != nil && slices.Contains(f.Members, role.Web.Store):
					role.Web.Members = f.Members
				case role.Worker != nil && slices.Contains(f.Members, role.Worker.Data.Store):
					role.Worker.Data.Members = f.Members
				}
			}
		}
	}
}

// checkGroups makes sure that members of groups are databases.
func (b *builder) checkGroups(f stageFile) (es Errors) {
	var databases []string
	for _, n := range f.Nodes {
		for _, r := range n.Roles {
			if r.Database != nil {
				databases = append(databases, r.Name)
			}
		}
	}
	seen := map[string]bool{}
	for i, g := range f.Replication {
		for j, m := range g.Members {
			field := fmt.Sprintf("replication[%d].members[%d]", i, j)
			switch {
			case !slices.Contains(databases, m):
				es = append(es, b.at(field, fmt.Sprintf("there is no database role %q", m), list(databases)))
			case seen[m]:
				es = append(es, b.at(field, fmt.Sprintf("%q is there twice", m), "each database in one group"))
			}
			seen[m] = true
		}
	}
	return es
}

func (b *builder) readThrough(f readThroughFile) *targets.ReadThrough {
	c := &targets.ReadThrough{Nodes: f.Nodes, VirtualNodes: f.VirtualNodes, Jitter: float64(f.Jitter), Coalesce: true, Invalidate: true,
		TTL:         b.scaled("TTL of cache entries", f.TTL, "the stage file; caches commonly keep entries for minutes"),
		Connections: f.Connections, Timeout: defaultCacheTimeout, Hold: defaultCacheHold}
	if c.VirtualNodes == 0 {
		c.VirtualNodes = defaultVirtualNodes
	}
	if c.Connections == 0 {
		c.Connections = defaultCacheConnections
	}
	if f.Coalesce != nil {
		c.Coalesce = *f.Coalesce
	}
	if f.Invalidate != nil {
		c.Invalidate = *f.Invalidate
	}
	if f.Timeout != nil {
		c.Timeout = f.Timeout.duration()
	}
	if f.Hold != nil {
		c.Hold = f.Hold.duration()
	}
	return c
}

func (b *builder) cache(f cacheFile) *targets.Cache {
	c := &targets.Cache{Bytes: f.Bytes, Policy: targets.Eviction(f.Policy), Demand: b.workload.Cache, Connections: f.Connections}
	if c.Policy == "" {
		c.Policy = targets.EvictionLRU
	}
	if c.Connections == 0 {
		c.Connections = defaultServed
	}
	return c
}

func (b *builder) edge(f edgeFile) *targets.Edge {
	e := &targets.Edge{Origin: f.Origin, Backups: f.Backups, Provider: f.Provider, Region: f.Region, Peers: f.Peers, Bytes: f.Bytes,
		TTL:          b.scaled("default TTL of edges", f.TTL, "the stage file; CloudFront's default is 24 h"),
		StaleIfError: b.scaled("stale-if-error of edges", f.StaleIfError, "the stage file (RFC 5861)"),
		Timeout:      defaultOriginTimeout, Connections: f.Connections, Demand: b.workload.Edge, PurgeKey: f.PurgeKey}
	if f.Timeout != nil {
		e.Timeout = f.Timeout.duration()
	}
	if e.Connections == 0 {
		e.Connections = defaultConnections
	}
	return e
}

func (b *builder) volume(f volumeFile) *targets.Volume {
	access, _ := b.hardware.take(useDisk)
	v := &targets.Volume{Access: targets.Constant(access), PoolFiles: f.PoolFiles, Demand: b.workload.Volume,
		Fsync: targets.Fsync(f.Fsync), Connections: f.Connections}
	if v.Fsync == "" {
		v.Fsync = targets.FsyncFull
	}
	if v.Connections == 0 {
		v.Connections = defaultServed
	}
	return v
}

func (b *builder) autoscale(f *autoscaleFile) *targets.Autoscale {
	if f == nil {
		return nil
	}
	const source = "the Kubernetes horizontal pod autoscaler (sync 15 s, scale-down stabilisation 5 min, tolerance 10%)"
	return &targets.Autoscale{Nodes: f.Nodes, Balancer: f.Balancer, Backlog: f.Backlog, Min: f.Min, Max: f.Max, Target: float64(f.Target),
		Tolerance: float64(f.Tolerance), Interval: b.scaled("autoscaler's period", f.Interval, source),
		UpAfter:   b.scaled("autoscaler's cool-down before it adds", f.UpAfter, source),
		DownAfter: b.scaled("autoscaler's cool-down before it removes", f.DownAfter, source),
		Drain:     b.scaled("drain time of a server that leaves", f.Drain, "the stage file; ALB's default is 300 s")}
}

func figure(f figureFile) bench.FigurePlan {
	axis := func(a axisFile) bench.Axis {
		return bench.Axis{Label: a.Label, Unit: bench.Unit(a.Unit), Log: a.Log, Names: a.Names}
	}
	p := bench.FigurePlan{Figure: bench.Figure{ID: f.ID, Title: f.Title, How: f.How, X: axis(f.X), Y: axis(f.Y)}}
	for _, s := range f.Series {
		p.Figure.Series = append(p.Figure.Series, bench.Series{Name: s.Name, Mark: bench.Mark(s.Mark), Predicted: s.Predicted})
		var points []bench.FactPoint
		for _, at := range s.Points {
			points = append(points, bench.FactPoint{X: at.X, Fact: at.Fact})
		}
		p.Points = append(p.Points, points)
	}
	return p
}
