package run

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rung/bench/estimate"
	"rung/bench/traffic"
	"rung/targets"
	"rung/targets/dns"
	"rung/targets/evict"
	"rung/targets/launch"
	"rung/targets/shard"
)

// bed is a running system with users in front of it.
type bed struct {
	session *session
	system  *launch.System
	// folder names the system's files.
	folder string
	stub   *dns.Stub
	// users by region; those of "" are in the one place that has no name, and
	// client is theirs.
	users  map[string]*users
	client *http.Client
	shop   *traffic.Shop
	site   string

	siteURL, staticURL *url.URL
	// published counts the changes of the static files; version 1 is there
	// from the start.
	published int
}

// connections of the users to the site: far more than any stage keeps busy
// within its SLO, few enough for the limit of open files.
const connections = 512

func newBed(s *session, system *launch.System, folder string) *bed {
	t := system.Topology()
	b := &bed{session: s, system: system, folder: folder, site: t.Site, users: map[string]*users{},
		siteURL: address(t.Site), staticURL: address(t.Site)}
	if t.Static != "" {
		b.staticURL = address(t.Static)
	}
	var resolvers []func(ctx context.Context, network string) (net.Conn, error)
	for _, role := range append([]string{t.Resolver}, t.Resolvers...) {
		resolvers = append(resolvers, func(ctx context.Context, network string) (net.Conn, error) {
			return system.Dial(ctx, network, role)
		})
	}
	b.stub = dns.NewStubOf(resolvers, nil)
	for _, r := range append([]targets.Region{{}}, t.Regions...) {
		b.users[r.Name] = b.place(r)
	}
	b.client = b.users[""].client
	s.runner.enter(b)
	return b
}

func (b *bed) close() {
	b.session.runner.leave(b)
	for _, u := range b.users {
		u.client.CloseIdleConnections()
	}
	b.system.Close()
}

// url of the site, by name.
func (b *bed) url() string { return b.siteURL.String() }

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
	if err := b.warmCache(ctx, nil); err != nil {
		return err
	}
	if d <= 0 {
		return nil
	}
	_, err = b.attack(ctx, order{name: "warm-up", rate: b.session.cfg.Profile.Rate, length: d, regions: spread(b.system.Topology())})
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
			if pages == 0 || !b.system.Alive(n.Name) {
				continue
			}
			names, err := b.pagesOf(r, drawsPerPage*pages)
			if err != nil {
				return err
			}
			if err := b.system.Command(ctx, r.Name, targets.Command{Do: targets.DoWarm, Pages: names}); err != nil {
				return err
			}
		}
	}
	return nil
}

// pagesOf draws pages as they reach one store: of a shard's users only, if it
// is a shard.
func (b *bed) pagesOf(r targets.Role, n int) ([]string, error) {
	if r.Database == nil || r.Database.Sharding == nil {
		return b.pagesMissed(r.Kind, n), nil
	}
	m, err := shard.New(*r.Database.Sharding)
	if err != nil {
		return nil, err
	}
	all := len(r.Database.Sharding.Shards)
	return slices.DeleteFunc(b.pagesMissed(r.Kind, n*all), func(page string) bool {
		_, number, _ := strings.Cut(page, "/")
		id, err := strconv.ParseInt(number, 10, 64)
		return err != nil || !m.Holds(r.Database.Shard, id)
	}), nil
}

// pagesMissed draws pages as they reach a store: with a cache tier in front,
// those that the tier does not have.
func (b *bed) pagesMissed(store targets.Kind, n int) []string {
	room, through := int64(0), false
	for _, r := range b.system.Topology().RolesOf(targets.KindWeb) {
		through = through || r.Web.Cache != nil
	}
	if !through {
		return b.shop.PagesIn(store, n, b.session.cfg.Seed)
	}
	for _, r := range b.system.Topology().RolesOf(targets.KindCache) {
		room += r.Cache.Bytes
	}
	users, orders := estimate.EntryBytes(b.session.cfg.Workload.Data)
	tier := evict.NewLRU(max(room, 1))
	// Drawn often enough that misses alone fill the pool.
	const most = 10
	var missed []string
	for _, page := range b.shop.PagesIn(store, most*n, b.session.cfg.Seed) {
		if tier.Touch(page) {
			continue
		}
		size := users
		if strings.HasPrefix(page, "orders/") {
			size = orders
		}
		tier.Add(page, int64(size))
		if missed = append(missed, page); len(missed) == n {
			break
		}
	}
	return missed
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
