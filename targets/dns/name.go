package dns

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// maxTTL is the largest TTL that DNS allows (RFC 2181, section 8).
const maxTTL = math.MaxInt32

// canonical returns a name as it is compared: lower case and with its last
// dot (RFC 4343).
func canonical(name string) (string, error) {
	if _, ok := dns.IsDomainName(name); !ok {
		return "", fmt.Errorf("%q is not a domain name", name)
	}
	return dns.CanonicalName(name), nil
}

// parent returns the name without its first label; the root is its own
// parent.
func parent(name string) string {
	next, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[next:]
}

// below says whether name lies strictly under zone. Both are canonical.
func below(zone, name string) bool {
	return name != zone && dns.IsSubDomain(zone, name)
}

// hostName names the nameserver at an address. Both sides of a delegation
// come to the same name without having to agree on one.
func hostName(address netip.Addr, zone string) string {
	return inZone("ns-"+strings.ReplaceAll(address.String(), ".", "-"), zone)
}

// inZone puts a label before a zone.
func inZone(label, zone string) string {
	if zone == "." {
		return label + "."
	}
	return label + "." + zone
}

// seconds is a duration as a TTL: rounded up to whole seconds, at least 1.
func seconds(d time.Duration) (uint32, error) {
	s := max(roundUp(d), 1)
	if d < 0 || s > maxTTL {
		return 0, fmt.Errorf("ttl is %v: allowed is 0 to %d s", d, maxTTL)
	}
	return uint32(s), nil
}

// roundUp is a duration in whole seconds.
func roundUp(d time.Duration) int64 {
	s := int64(d / time.Second)
	if d%time.Second > 0 {
		s++
	}
	return s
}

// addressOf returns the IP of a socket address, or the zero Addr.
func addressOf(a net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}
