package node_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rung/targets"
)

// machineOfAll is one node with a web server, its database, a cache, a volume
// for sessions, and an edge in front.
func machineOfAll(t *testing.T) targets.Spec {
	web := &targets.Web{Store: "db", Connections: 4, SessionTTL: time.Hour, AssetSizes: []int{1024}, AssetMaxAge: time.Minute,
		Cache:    &targets.ReadThrough{Nodes: []string{"cache"}, VirtualNodes: 10, Connections: 2, Timeout: 5 * time.Second, Invalidate: true},
		Sessions: targets.Sessions{Store: targets.SessionsVolume, Roles: []string{"volume"}}}
	return targets.Spec{Topology: "test", TimeScale: 1, Site: "www.shop.example.", Address: "127.0.0.1", Directory: t.TempDir(), Node: targets.Node{Name: "all",
		Roles: []targets.Role{
			{Name: "db", Kind: targets.KindDatabase, Database: &targets.Database{Data: targets.Data{Users: 20, OrdersPerUser: 2}, Fsync: targets.FsyncFull, Connections: 20}},
			{Name: "cache", Kind: targets.KindCache, Cache: &targets.Cache{Bytes: 1 << 20, Policy: targets.EvictionLRU, Connections: 10}},
			{Name: "volume", Kind: targets.KindVolume, Volume: &targets.Volume{Fsync: targets.FsyncFull, Connections: 10}},
			{Name: "web", Kind: targets.KindWeb, Web: web},
			{Name: "edge", Kind: targets.KindEdge, Edge: &targets.Edge{Origin: "web", Provider: "cdn", Region: "here", Bytes: 1 << 20, TTL: time.Minute,
				Timeout: 5 * time.Second, Connections: 4}},
		}}}
}

func TestDataTierOnOneNode(t *testing.T) {
	c := begin(t, machineOfAll(t))
	at := c.reply().Endpoints
	if r := c.ask(targets.Command{Do: targets.DoServe, Endpoints: at}); r.Error != "" {
		t.Fatal(r.Error)
	}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	do := func(method, role, path, body, cookie string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequest(method, "http://"+at[role].Address+path, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(text)
	}
	if r := c.ask(targets.Command{Do: targets.DoWarm, Role: "web", Pages: []string{"users/3", "orders/3"}}); r.Error != "" {
		t.Fatal(r.Error)
	}
	if res, body := do("GET", "web", "/users/3", "", ""); res.StatusCode != 200 || !strings.Contains(res.Header.Get("Server-Timing"), `cache;desc="hit"`) {
		t.Errorf("a warm read: %d %s, %s", res.StatusCode, body, res.Header.Get("Server-Timing"))
	}
	if res, _ := do("PUT", "web", "/users/3", `{"city":"Ulm"}`, ""); res.StatusCode != 200 {
		t.Errorf("an edit: %d", res.StatusCode)
	}
	if res, body := do("GET", "web", "/users/3", "", ""); !strings.Contains(body, "Ulm") || strings.Contains(res.Header.Get("Server-Timing"), `desc="hit"`) {
		t.Errorf("after the edit: %s, %s", body, res.Header.Get("Server-Timing"))
	}
	login, _ := do("POST", "web", "/login", `{"user":3}`, "")
	cookie, _, _ := strings.Cut(login.Header.Get("Set-Cookie"), ";")
	if res, _ := do("GET", "web", "/me", "", cookie); res.StatusCode != 200 {
		t.Errorf("a session on the volume: %d", res.StatusCode)
	}
	if res, _ := do("GET", "edge", "/assets/asset-00.bin", "", ""); res.Header.Get("X-Asset-Version") != "1" {
		t.Errorf("the first version: %v", res.Header)
	}
	for role, command := range map[string]targets.Command{"web": {Do: targets.DoPublish, Count: 2}, "edge": {Do: targets.DoFlush}, "cache": {Do: targets.DoFlush}} {
		command.Role = role
		if r := c.ask(command); r.Error != "" {
			t.Errorf("%s: %s", command.Do, r.Error)
		}
	}
	if res, _ := do("GET", "edge", "/assets/asset-00.bin", "", ""); res.Header.Get("X-Asset-Version") != "2" {
		t.Errorf("the second version: %v", res.Header)
	}
	m := c.ask(targets.Command{Do: targets.DoMetrics}).Metrics
	if m == nil || m.Roles["web"]["store_cache_hits_total"] != 1 || m.Roles["web"]["store_cache_misses_total"] != 1 || m.Roles["edge"]["misses_total"] != 2 {
		t.Errorf("metrics of web %v, of edge %v", m.Roles["web"], m.Roles["edge"])
	}
	if r := c.ask(targets.Command{Do: targets.DoServers, Role: "web"}); !strings.Contains(r.Error, "cannot") {
		t.Errorf("servers for a web role: %q", r.Error)
	}
	client.CloseIdleConnections()
	c.end()
}
