package balancer_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"rung/targets"
	"rung/targets/balancer"
)

// BenchmarkRequest compares a request straight to a server with the same
// request through the balancer, by policy. The difference is what the
// balancer's own program costs, which the emulated machine does not know of.
func BenchmarkRequest(b *testing.B) {
	u := newUpstream(b, "web-1", nil)
	b.Run("direct", func(b *testing.B) { hammer(b, u.URL, "") })
	for _, policy := range targets.Policies() {
		spec := plainSpec()
		spec.Policy, spec.Retries = policy, 2
		s := newSite(b, spec, balancer.Config{}, u, newUpstream(b, "web-2", nil), newUpstream(b, "web-3", nil))
		b.Run(string(policy), func(b *testing.B) { hammer(b, s.url, "") })
	}
	spec := plainSpec()
	s := newSite(b, spec, balancer.Config{}, u)
	b.Run("post", func(b *testing.B) { hammer(b, s.url, "a small body") })
}

func hammer(b *testing.B, url, body string) {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			method, content := "GET", io.Reader(nil)
			if body != "" {
				method, content = "POST", strings.NewReader(body)
			}
			r, err := http.NewRequest(method, url, content)
			if err != nil {
				b.Error(err)
				return
			}
			res, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK {
				b.Errorf("status %d", res.StatusCode)
			}
		}
	})
}
