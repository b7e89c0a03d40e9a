package balancer_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"rung/targets"
	"rung/targets/balancer"
)

func TestRoundRobinEndToEnd(t *testing.T) {
	servers := trio(t)
	s := newSite(t, plainSpec(), balancer.Config{}, servers...)
	for i := range 30 {
		a := s.get("/").want(t, 200)
		if want := servers[i%3].name; a.server() != want || a.body != want {
			t.Fatalf("request %d went to %s, want %s", i, a.server(), want)
		}
	}
	for _, u := range servers {
		s.metric("server_"+u.name+"_requests_total", 10)
		s.metric("server_"+u.name+"_active", 0)
	}
	s.metric("requests_total", 30)
}

// TestRoundRobinIsEvenUnderLoad: rotation holds with concurrent clients too.
func TestRoundRobinIsEvenUnderLoad(t *testing.T) {
	servers := trio(t)
	s := newSite(t, plainSpec(), balancer.Config{}, servers...)
	s.load(8, 45, func(int, int) { s.get("/").want(t, 200) })
	for _, u := range servers {
		if got := u.hits.Load(); got != 120 {
			t.Errorf("%s has %d of 360 requests, want exactly a third", u.name, got)
		}
	}
}

// load runs workers that make n requests each.
func (s *site) load(workers, n int, one func(worker, i int)) {
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for i := range n {
				one(worker, i)
			}
		})
	}
	wg.Wait()
}

// TestLoadAwarePolicies: with one server stuck on a request, both policies
// that look at the load send nothing more there.
func TestLoadAwarePolicies(t *testing.T) {
	for _, policy := range []targets.Policy{targets.PolicyLeastConnections, targets.PolicyRandomTwo} {
		t.Run(string(policy), func(t *testing.T) {
			release := make(chan struct{})
			stuck := func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					<-release
				}
			}
			servers := []*upstream{newUpstream(t, "web-1", stuck), newUpstream(t, "web-2", stuck)}
			spec := plainSpec()
			spec.Policy = policy
			s := newSite(t, spec, balancer.Config{Seed: 7}, servers...)
			done := make(chan answer, 1)
			go func() { a, _ := s.try("GET", "/slow", nil); done <- a }()
			eventually(t, "the slow request arrived", func() bool { return servers[0].hits.Load()+servers[1].hits.Load() == 1 })
			busy := servers[0]
			if servers[1].hits.Load() == 1 {
				busy = servers[1]
			}
			for range 20 {
				if a := s.get("/").want(t, 200); a.server() == busy.name {
					t.Fatalf("a request went to %s, which is busy", busy.name)
				}
			}
			close(release)
			(<-done).want(t, 200)
		})
	}
}

// TestIPHashEndToEnd: clients with addresses of their own stay where they are,
// and a server that goes moves only its own.
func TestIPHashEndToEnd(t *testing.T) {
	servers := trio(t)
	spec := plainSpec()
	spec.Policy = targets.PolicyIPHash
	s := newSite(t, spec, balancer.Config{}, servers...)
	ask := func(ip string) string {
		dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, addr)
		}}
		res, err := (&http.Client{Transport: transport}).Get(s.url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return string(body)
	}
	before := map[string]string{}
	used := map[string]bool{}
	for i := range 24 {
		ip := net.IPv4(127, 0, 2, byte(i+1)).String()
		before[ip] = ask(ip)
		used[before[ip]] = true
		if again := ask(ip); again != before[ip] {
			t.Fatalf("%s moved from %s to %s for no reason", ip, before[ip], again)
		}
	}
	if len(used) != 3 {
		t.Errorf("24 clients use only %v", used)
	}
	if err := s.Drain("web-2"); err != nil {
		t.Fatal(err)
	}
	for ip, was := range before {
		if now := ask(ip); was != "web-2" && now != was || now == "web-2" {
			t.Errorf("%s moved from %s to %s when web-2 went", ip, was, now)
		}
	}
}
