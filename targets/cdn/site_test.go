package cdn_test

import (
	"testing"
	"time"

	"rung/targets/asset"
)

// The site's own static files behind an edge: how each of the three ways to
// replace content (expiry, purge, versioned URL) shows to a client.
func TestNewContentArrives(t *testing.T) {
	library := asset.NewLibrary([]int{5000}, 10*time.Second)
	o := newOrigin(t, newClock(), library.ServeHTTP)
	e := newEdge(t, plainSpec(), o)
	const path = "/assets/asset-00.bin"
	see := func(path string, version int, status string) {
		t.Helper()
		e.get(path).want(t, 200, string(asset.VersionBytes(0, 5000, version)), status)
		settle(e)
	}
	publish := func(version int) {
		t.Helper()
		if err := library.Publish(version); err != nil {
			t.Fatal(err)
		}
	}
	see(path, 1, "fwd=uri-miss; fwd-status=200; stored; ttl=10")
	publish(2)
	o.clock.advance(9 * s)
	see(path, 1, "hit; ttl=1")
	o.clock.advance(s)
	see(path, 2, "fwd=stale; fwd-status=200; stored; ttl=10")
	o.clock.advance(10 * s)
	see(path, 2, "fwd=stale; fwd-status=304; ttl=10")

	publish(3)
	see(path, 2, "hit; ttl=10")
	e.do("PURGE", path)
	see(path, 3, "fwd=uri-miss; fwd-status=200; stored; ttl=10")

	see(path+"?v=3", 3, "fwd=uri-miss; fwd-status=200; stored; ttl=31536000")
	if a := e.get(path + "?v=4"); a.StatusCode != 404 {
		t.Errorf("a version to come: %d", a.StatusCode)
	}
	publish(4) // the 404 was not kept
	see(path+"?v=4", 4, "fwd=uri-miss; fwd-status=200; stored; ttl=31536000")
	see(path+"?v=3", 3, "hit; ttl=31536000")
	if a := e.get("/assets"); a.Header.Get("X-Asset-Version") != "4" {
		t.Errorf("manifest of version %s", a.Header.Get("X-Asset-Version"))
	}
	settle(e)
	publish(5)
	if a := e.get("/assets"); a.Header.Get("X-Asset-Version") != "5" {
		t.Errorf("the manifest is not asked for each time: version %s, %s", a.Header.Get("X-Asset-Version"), a.status())
	}
}
