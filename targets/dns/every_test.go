package dns_test

import (
	"testing"
	"time"

	"rung/targets"
)

// TestEveryFollowsHealth: a record with Every is the list of who is healthy,
// in its order, by region; and a role that several lists name is checked once
// per interval.
func TestEveryFollowsHealth(t *testing.T) {
	spec, cfg := watchedZone()
	spec.Records = []targets.Record{
		{Name: site, Role: "web", Backup: []string{"lb-eu"}, TTL: time.Minute, Every: true, Regions: map[string][]string{
			"eu": {"lb-eu", "lb-us"}, "us": {"lb-us", "lb-eu"}, "city": {"lb-city", "lb-eu", "lb-us"}}},
		{Name: "mail.shop.example.", Role: "lb-eu", Backup: []string{"lb-us"}, TTL: time.Minute},
	}
	inBubble(t, spec, cfg, func(b *bubble) {
		const eu, us, city, nowhere = "127.33.5.0/24", "127.34.5.0/24", "127.33.130.0/24", "127.99.0.0/24"
		at := time.Duration(0)
		step := func(what string, want map[string]string) {
			t.Helper()
			at += 50 * time.Second // more than fall or rise checks take
			b.until(at)
			for subnet, addresses := range want {
				if got := b.ask(subnet); got != addresses {
					t.Errorf("%s: %s gets %q, want %q", what, subnet, got, addresses)
				}
			}
		}
		step("all fine", map[string]string{
			eu: euAddress + " " + usAddress, us: usAddress + " " + euAddress,
			city: cityAddress + " " + euAddress + " " + usAddress, nowhere: webAddress + " " + euAddress})
		b.set(refuses, "lb-eu")
		step("eu is lost", map[string]string{eu: usAddress, us: usAddress, city: cityAddress + " " + usAddress, nowhere: webAddress})
		b.set(refuses, "lb-us")
		step("us too", map[string]string{eu: webAddress, us: webAddress, city: cityAddress, nowhere: webAddress})
		b.set(sick, "web", "lb-city")
		step("and the rest: fail open", map[string]string{
			eu: euAddress + " " + usAddress, us: usAddress + " " + euAddress,
			city: cityAddress + " " + euAddress + " " + usAddress, nowhere: webAddress + " " + euAddress})
		b.set(fine, "lb-us")
		step("us is back", map[string]string{eu: usAddress, us: usAddress, city: usAddress, nowhere: webAddress + " " + euAddress})
		for _, role := range []string{"lb-eu", "lb-us", "lb-city", "web"} {
			if n := len(b.checked(role)); n != int(at/spec.Health.Interval) {
				t.Errorf("%s was checked %d times in %v, want once per %v", role, n, at, spec.Health.Interval)
			}
		}
		want := map[string]string{}
		for _, e := range b.Events() {
			want[e.Subject] += e.What + " "
		}
		if want["lb-eu"] != "down " || want["lb-us"] != "down up " || want["web"] != "down " || want["lb-city"] != "down " {
			t.Errorf("events %v", want)
		}
	})
}
