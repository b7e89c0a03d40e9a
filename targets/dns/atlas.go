package dns

import (
	"cmp"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"

	"rung/targets"
)

// atlas knows the regions by their subnets, longest prefixes first. The zero
// value knows none. It does not change once built.
type atlas []place

type place struct {
	subnet netip.Prefix
	region string
}

func newAtlas(regions []targets.Region) (atlas, error) {
	var a atlas
	for _, r := range regions {
		subnet, err := netip.ParsePrefix(r.Subnet)
		switch {
		case err != nil:
			return nil, fmt.Errorf("region %s: %w", r.Name, err)
		case !subnet.Addr().Is4():
			return nil, fmt.Errorf("region %s: subnet %v is not IPv4", r.Name, subnet)
		}
		subnet = subnet.Masked()
		if i := slices.IndexFunc(a, func(p place) bool { return p.subnet == subnet }); i >= 0 {
			return nil, fmt.Errorf("region %s: subnet %v is that of region %s", r.Name, subnet, a[i].region)
		}
		a = append(a, place{subnet, r.Name})
	}
	slices.SortStableFunc(a, func(p, q place) int { return cmp.Compare(q.subnet.Bits(), p.subnet.Bits()) })
	return a, nil
}

// has says whether there is a region of that name.
func (a atlas) has(region string) bool {
	return slices.ContainsFunc(a, func(p place) bool { return p.region == region })
}

// locate returns the region of an address, "" if it lies in none. The scope is
// the length of the shortest prefix of it in which every address gets the same:
// no scope covers a part of another region, as RFC 7871, section 7.2.1, wants
// it.
func (a atlas) locate(address netip.Addr) (region string, scope int) {
	if !address.Is4() {
		return "", 0
	}
	for _, p := range a {
		if p.subnet.Contains(address) {
			// The places that follow are no longer: each holds all of this
			// one or nothing.
			return p.region, max(scope, p.subnet.Bits())
		}
		scope = max(scope, shared(address, p.subnet.Addr())+1)
	}
	return "", scope
}

// shared is the length of the longest prefix of two IPv4 addresses.
func shared(a, b netip.Addr) int {
	x, y := a.As4(), b.As4()
	for i := range x {
		if different := x[i] ^ y[i]; different != 0 {
			return 8*i + bits.LeadingZeros8(different)
		}
	}
	return 32
}
