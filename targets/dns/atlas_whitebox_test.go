package dns

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"rung/targets"
)

func number(a netip.Addr) uint32 {
	raw := a.As4()
	return binary.BigEndian.Uint32(raw[:])
}

func numbered(n uint32) netip.Addr {
	var raw [4]byte
	binary.BigEndian.PutUint32(raw[:], n)
	return netip.AddrFrom4(raw)
}

// last is the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	return numbered(number(p.Masked().Addr()) | uint32(1<<(32-p.Bits())-1))
}

// drawAtlas draws regions that nest and touch, in a small part of the space,
// each with a name of its own.
func drawAtlas(t *rapid.T) (atlas, []netip.Prefix) {
	var regions []targets.Region
	var subnets []netip.Prefix
	seen := map[netip.Prefix]bool{}
	for range rapid.IntRange(0, 6).Draw(t, "regions") {
		p := netip.PrefixFrom(drawAddress(t), rapid.IntRange(4, 28).Draw(t, "bits")).Masked()
		if !seen[p] {
			seen[p] = true
			subnets = append(subnets, p)
			regions = append(regions, targets.Region{Name: fmt.Sprint("r", len(regions)), Subnet: p.String()})
		}
	}
	a, err := newAtlas(regions)
	if err != nil {
		t.Fatal(err)
	}
	return a, subnets
}

// drawAddress draws an address with many zeros, so that prefixes meet.
func drawAddress(t *rapid.T) netip.Addr {
	return numbered(127<<24 | rapid.Uint32().Draw(t, "x")&rapid.Uint32().Draw(t, "y")&0x00ffff11)
}

// TestScope: every address within the scope of an answer has the same region,
// and a scope one bit shorter would hold an address of another one.
func TestScope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, subnets := drawAtlas(t)
		address := drawAddress(t)
		region, scope := a.locate(address)
		if want, bits := "", -1; true {
			for i, p := range subnets {
				if p.Contains(address) && p.Bits() > bits {
					want, bits = fmt.Sprint("r", i), p.Bits()
				}
			}
			if region != want {
				t.Fatalf("%v is in %q, want %q", address, region, want)
			}
		}
		var borders []netip.Addr
		for _, p := range subnets {
			first, end := p.Addr(), last(p)
			borders = append(borders, first, end, numbered(number(first)-1), numbered(number(end)+1))
		}
		within := netip.PrefixFrom(address, scope)
		for _, other := range append(borders, drawAddress(t)) {
			if got, _ := a.locate(other); within.Masked().Contains(other) && got != region {
				t.Fatalf("%v is in %q, %v in %q, and the scope is %d", address, region, other, got, scope)
			}
		}
		if scope == 0 {
			return
		}
		wider := netip.PrefixFrom(address, scope-1).Masked()
		for _, other := range borders {
			if got, _ := a.locate(other); wider.Contains(other) && got != region {
				return
			}
		}
		t.Fatalf("%v: scope %d, but all of %v is in %q", address, scope, wider, region)
	})
}
