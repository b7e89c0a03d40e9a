package run

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

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
