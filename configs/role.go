package configs

import (
	"time"

	"rung/targets"
)

// Defaults of settings that a stage file may leave out.
const (
	defaultConnections      = 64
	defaultStoreConnections = 1000
	defaultSessionTTL       = 30 * time.Minute
	defaultTryTimeout       = 2 * time.Second
)

// entryRole stands for the stage's entry in the records of a nameserver, so
// that stages can share one part with the records.
const entryRole = "entry"

// role turns a role of a file into the vocabulary: costs come from the
// workload, times of things from the hardware.
func (b *builder) role(f roleFile, entry string) targets.Role {
	r := targets.Role{Name: f.Name, Port: f.Port, Private: f.Private}
	// The settings that are there decide the kind. Two kinds at once are
	// left to the topology's own validation.
	if f.Web != nil {
		r.Kind, r.Web = targets.KindWeb, b.web(*f.Web)
	}
	if f.Database != nil {
		r.Kind, r.Database = targets.KindDatabase, b.database(*f.Database)
	}
	if f.KeyValue != nil {
		s := b.store(*f.KeyValue)
		s.Demand = b.workload.KeyValue
		r.Kind, r.KeyValue = targets.KindKeyValue, &s
	}
	if f.Balancer != nil {
		r.Kind, r.Balancer = targets.KindBalancer, b.balancer(*f.Balancer, f.Name)
	}
	if f.Nameserver != nil {
		r.Kind, r.Nameserver = targets.KindNameserver, b.nameserver(*f.Nameserver, entry)
	}
	if f.Cache != nil {
		r.Kind, r.Cache = targets.KindCache, b.cache(*f.Cache)
	}
	if f.Edge != nil {
		r.Kind, r.Edge = targets.KindEdge, b.edge(*f.Edge)
	}
	if f.Volume != nil {
		r.Kind, r.Volume = targets.KindVolume, b.volume(*f.Volume)
	}
	if f.Queue != nil {
		r.Kind, r.Queue = targets.KindQueue, b.queue(*f.Queue)
	}
	if f.Worker != nil {
		r.Kind, r.Worker = targets.KindWorker, b.worker(*f.Worker)
	}
	if f.Monitor != nil {
		r.Kind, r.Monitor = targets.KindMonitor, b.monitor(*f.Monitor)
	}
	if f.Resolver != nil {
		r.Kind = targets.KindResolver
		r.Resolver = &targets.Resolver{Root: f.Resolver.Root, Reaches: f.Resolver.Reaches,
			MaxTTL: f.Resolver.MaxTTL.duration(), Timeout: f.Resolver.Timeout.duration()}
	}
	return r
}

func (b *builder) web(f webFile) *targets.Web {
	w := &targets.Web{Store: f.Store, Demand: b.workload.Web, Connections: f.Connections,
		Reads: targets.Reads(f.Reads), Denormalised: f.Denormalised, Queues: f.Queues,
		Sessions:    targets.Sessions{Store: targets.SessionStore(f.Sessions.Store), Roles: f.Sessions.Roles, Key: f.Sessions.Key},
		AssetMaxAge: b.scaled("max-age of static files", f.AssetMaxAge, "the stage file"),
		SessionTTL:  defaultSessionTTL, AssetSizes: b.workload.AssetSizes}
	if f.Cache != nil && len(f.Cache.Nodes) > 0 { // a variant takes it away with an empty list
		w.Cache = b.readThrough(*f.Cache)
	}
	if w.Connections == 0 {
		w.Connections = defaultConnections
	}
	if f.SessionTTL != nil {
		w.SessionTTL = f.SessionTTL.duration()
	}
	return w
}

func (b *builder) store(f storeFile) targets.KeyValue {
	access, _ := b.hardware.take(useDisk)
	s := targets.KeyValue{Data: b.workload.Data, Access: targets.Constant(access), PoolPages: f.PoolPages,
		Fsync: targets.Fsync(f.Fsync), Connections: f.Connections}
	if s.Fsync == "" {
		s.Fsync = targets.FsyncFull
	}
	if s.Connections == 0 {
		s.Connections = defaultStoreConnections
	}
	return s
}

func (b *builder) balancer(f balancerFile, name string) *targets.Balancer {
	l := &targets.Balancer{Servers: f.Servers, Policy: targets.Policy(f.Policy), Sticky: f.Sticky, Retries: f.Retries,
		Timeout: defaultTryTimeout, Demand: b.workload.Balancer, TLS: f.TLS, Static: f.Static,
		AssetSizes: b.workload.AssetSizes, Limit: targets.RateLimit{Rate: f.Limit.Rate, Burst: f.Limit.Burst}}
	if l.Policy == "" {
		l.Policy = targets.PolicyRoundRobin
	}
	if f.Timeout != nil {
		l.Timeout = f.Timeout.duration()
	}
	if h := f.Health; h != nil {
		source := "HAProxy's defaults (inter 2 s, fall 3, rise 2)"
		if h.Interval.duration() != 2*time.Second {
			source = "the stage file; HAProxy's default is every 2 s"
		}
		l.Health = targets.Health{Interval: b.scaled("health-check interval of "+name, h.Interval, source),
			Timeout: b.scaled("health-check timeout of "+name, h.Timeout, source),
			Fall:    h.Fall, Rise: h.Rise, PassiveFails: h.PassiveFails}
	}
	return l
}

func (b *builder) nameserver(f nameserverFile, entry string) *targets.Nameserver {
	n := &targets.Nameserver{Zone: f.Zone}
	if h := f.Health; h != nil {
		const source = "Route 53's fast health checks (every 10 s, 3 failures)"
		n.Health = targets.Health{Interval: b.scaled("health-check interval of the nameserver", h.Interval, source),
			Timeout: b.scaled("health-check timeout of the nameserver", h.Timeout, source), Fall: h.Fall, Rise: h.Rise}
	}
	for _, r := range f.Records {
		if r.Role == entryRole {
			r.Role = entry
		}
		n.Records = append(n.Records, targets.Record{Name: r.Name, Role: r.Role, Backup: r.Backup, Regions: r.Regions, Every: r.Every,
			TTL: b.scaled("TTL of "+r.Name, r.TTL, "the stage file; hosted zones commonly use 30 to 60 s")})
	}
	for _, d := range f.Delegations {
		n.Delegations = append(n.Delegations, targets.Delegation{Zone: d.Zone, Role: d.Role,
			TTL: b.scaled("TTL of the delegation of "+d.Zone, d.TTL, "the root zone and TLDs publish 24 to 48 h")})
	}
	return n
}
