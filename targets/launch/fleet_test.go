package launch_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/launch"
)

// fleet is a balancer with one web server, and one more on standby.
func fleet() targets.Topology {
	t := site()
	spare := t.Nodes[0]
	spare.Name, spare.Standby = "web-2", true
	role := spare.Roles[0]
	role.Name = "web-2"
	spare.Roles = []targets.Role{role}
	t.Nodes = append(t.Nodes, spare, targets.Node{Name: "lb", Roles: []targets.Role{{Name: "lb", Kind: targets.KindBalancer,
		Balancer: &targets.Balancer{Servers: []string{"web", "web-2"}, Policy: targets.PolicyRoundRobin, Timeout: time.Second}}}})
	t.Links = append(t.Links, targets.Link{From: "lb", To: "web"}, targets.Link{From: "lb", To: "web-2"}, targets.Link{From: "web-2", To: "db"},
		targets.Link{From: targets.Clients, To: "lb"})
	t.Autoscale = &targets.Autoscale{Nodes: []string{"web", "web-2"}, Balancer: "lb", Min: 1, Max: 2, Target: 0.5, Interval: time.Second}
	return t
}

// served asks the balancer some times and says which servers answered.
func served(t *testing.T, s *launch.System) map[string]int {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	by := map[string]int{}
	for range 10 {
		res, err := client.Get("http://" + s.Endpoints()["lb"].Address + "/users/7")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("status %d", res.StatusCode)
		}
		by[res.Header.Get("X-Served-By")]++
	}
	return by
}

func TestStandbyNodeJoinsAndLeaves(t *testing.T) {
	s := start(t, fleet())
	if s.Alive("web-2") {
		t.Fatal("a node on standby runs")
	}
	if by := served(t, s); by["web"] != 10 {
		t.Errorf("before it joins, requests are served by %v", by)
	}
	for range 2 { // a node that left can join again
		if err := s.Begin(t.Context(), "web-2"); err != nil {
			t.Fatal(err)
		}
		if err := s.Begin(t.Context(), "web-2"); err == nil {
			t.Error("a node was started twice")
		}
		if err := s.Servers(t.Context(), "lb", []string{"web", "web-2"}); err != nil {
			t.Fatal(err)
		}
		if by := served(t, s); by["web"] != 5 || by["web-2"] != 5 {
			t.Errorf("after it joined, requests are served by %v", by)
		}
		if err := s.Servers(t.Context(), "lb", []string{"web"}); err != nil {
			t.Fatal(err)
		}
		if err := s.End("web-2"); err != nil {
			t.Fatal(err)
		}
		if by := served(t, s); by["web"] != 10 || s.Alive("web-2") {
			t.Errorf("after it left, requests are served by %v", by)
		}
	}
}

func TestReplacementStartsWithAnEmptyDisk(t *testing.T) {
	dir := t.TempDir()
	s, err := launch.Start(t.Context(), site(), config(t, dir, "node"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	mark := filepath.Join(dir, "db", "mark")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := s.Endpoints()["db"]
	if err := s.Replace(t.Context(), "db"); err == nil {
		t.Error("a node that runs was replaced")
	}
	if _, err := s.Kill("db"); err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), "db"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); !os.IsNotExist(err) {
		t.Errorf("the old disk is there still: %v", err)
	}
	if after := s.Endpoints()["db"]; after != before {
		t.Errorf("the replacement listens on %v, not on %v", after, before)
	}
	if err := s.Replace(t.Context(), "nobody"); err == nil {
		t.Error("a node that is not there was replaced")
	}
}
