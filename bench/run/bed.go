package run

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"rung/bench/attack"
	"rung/bench/traffic"
	"rung/targets"
	"rung/targets/dns"
	"rung/targets/launch"
)

// bed is a running system with users in front of it.
type bed struct {
	session *session
	system  *launch.System
	// folder names the system's files.
	folder string
	stub   *dns.Stub
	client *http.Client
	shop   *traffic.Shop
	site   string
}

// connections of the users to the site: far more than any stage keeps busy
// within its SLO, few enough for the limit of open files.
const connections = 512

func newBed(s *session, system *launch.System, folder string) *bed {
	t := system.Topology()
	b := &bed{session: s, system: system, folder: folder, site: t.Site}
	b.stub = dns.NewStub(func(ctx context.Context, network string) (net.Conn, error) {
		return system.Dial(ctx, network, t.Resolver)
	}, nil)
	b.client = &http.Client{Transport: attack.NewTransport(b.dial, connections)}
	return b
}

func (b *bed) close() {
	b.client.CloseIdleConnections()
	b.system.Close()
}

// dial resolves the site's name, as a browser would, and connects to the
// address that it gets. A record has no room for a port: the port is the one
// that the role behind the address listens on.
func (b *bed) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	t := b.system.Topology()
	if t.Resolver == "" {
		return b.system.Dial(ctx, network, t.Entry)
	}
	answer, err := b.stub.Lookup(ctx, b.site)
	if err != nil {
		return nil, err
	}
	for role, e := range b.system.Endpoints() {
		at, err := netip.ParseAddrPort(e.Address)
		if err == nil && at.Addr() == answer.Addresses[0] && (e.Kind == targets.KindBalancer || e.Kind == targets.KindWeb) {
			return b.system.Dial(ctx, network, role)
		}
	}
	return nil, fmt.Errorf("%s resolves to %s, where no site is", b.site, answer.Addresses[0])
}

// url of the site, by name.
func (b *bed) url() string { return "http://" + b.site[:len(b.site)-1] }

// draws of pages that warm the buffer pool: some times its size, so that it
// is in the state of a long run.
const drawsPerPage = 12

// warm fills the buffer pool as a long run would have, opens connections and
// logs the users in.
func (b *bed) warm(ctx context.Context, d time.Duration) error {
	shop, err := traffic.New(b.session.cfg.Workload, b.session.cfg.Seed, "warm")
	if err != nil {
		return err
	}
	b.shop = shop
	if err := b.warmPools(ctx); err != nil {
		return err
	}
	if d <= 0 {
		return nil
	}
	_, err = b.attack(ctx, order{name: "warm-up", rate: b.session.cfg.Profile.Rate, length: d})
	return err
}

func (b *bed) warmPools(ctx context.Context) error {
	for _, n := range b.system.Topology().Nodes {
		for _, r := range n.Roles {
			pages := 0
			switch r.Kind {
			case targets.KindDatabase:
				pages = r.Database.PoolPages
			case targets.KindKeyValue:
				pages = r.KeyValue.PoolPages
			}
			if pages == 0 {
				continue
			}
			names := b.shop.PagesIn(r.Kind, drawsPerPage*pages, b.session.cfg.Seed)
			if err := b.system.Command(ctx, r.Name, targets.Command{Do: targets.DoWarm, Pages: names}); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle waits until no work is queued anywhere, so that one attack does not
// start in the backlog of another.
func (b *bed) settle(ctx context.Context) error {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		waiting := 0
		for node, m := range b.metrics(ctx) {
			if b.system.Alive(node) {
				waiting += m.CPU.Queue + m.Disk.Queue
			}
		}
		if waiting == 0 {
			return nil
		}
		if err := b.session.clock.Until(ctx, time.Now().Add(50*time.Millisecond)); err != nil {
			return fmt.Errorf("queues do not drain: %d pieces of work wait: %w", waiting, err)
		}
	}
}

// metrics asks all nodes at once; a node that does not answer is left out.
func (b *bed) metrics(ctx context.Context) map[string]targets.Metrics {
	type answer struct {
		node string
		m    targets.Metrics
		err  error
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	nodes := b.system.Topology().Nodes
	answers := make(chan answer, len(nodes))
	for _, n := range nodes {
		go func() {
			m, err := b.system.Metrics(ctx, n.Name)
			answers <- answer{n.Name, m, err}
		}()
	}
	out := map[string]targets.Metrics{}
	for range nodes {
		if a := <-answers; a.err == nil {
			out[a.node] = a.m
		}
	}
	return out
}

// discard closes a body after reading what little is in it.
func discard(res *http.Response) {
	io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // only to keep the connection
	res.Body.Close()
}
