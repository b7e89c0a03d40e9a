package dns

import (
	"net/netip"
	"sync/atomic"

	"github.com/miekg/dns"
)

// audience is who an answer may be given to (RFC 7871, section 7.3.1). The
// zero value is everyone.
type audience struct {
	// sent is the client subnet in the query that brought the answer. It is
	// not valid when the server was told of none, or knows of none.
	sent netip.Prefix
	// scope is the length in bits of the prefix of sent for which the answer
	// is valid; 0 is all addresses.
	scope int
}

// audienceOf reads from a reply who it is for, when sent was in the query.
func audienceOf(reply *dns.Msg, sent netip.Prefix) audience {
	told := subnetOption(reply)
	if !sent.IsValid() || told == nil {
		return audience{}
	}
	return audience{sent, min(int(told.SourceScope), sent.Addr().BitLen())}
}

// and is who two answers in a row, an alias and its target, may both be given
// to. They were asked for on behalf of the same client.
func (a audience) and(b audience) audience {
	if !a.sent.IsValid() || (b.sent.IsValid() && b.scope > a.scope) {
		return b
	}
	return a
}

// key tells the answers to one question apart. Those with a scope that is
// longer than what was sent are good for exactly those who send the same,
// unless no more is ever sent; and so is what was asked for nobody.
func (a audience) key() string {
	switch bits := a.sent.Bits(); {
	case !a.sent.IsValid():
		return ""
	case bits > 0 && a.scope <= bits:
		return prefixKey(a.sent, a.scope)
	case bits == mostOf(a.sent.Addr()):
		return prefixKey(a.sent, bits)
	default:
		return exactKey(a.sent)
	}
}

func prefixKey(subnet netip.Prefix, bits int) string {
	return "/" + netip.PrefixFrom(subnet.Addr(), bits).Masked().String()
}

func exactKey(subnet netip.Prefix) string { return "=" + subnet.String() }

// scopes remembers which lengths of scopes there were, so that a search has
// to try only those. It is safe for concurrent use; the zero value has none.
type scopes struct{ v4, v6 atomic.Uint64 }

func (s *scopes) of(address netip.Addr) *atomic.Uint64 {
	if address.Is4() {
		return &s.v4
	}
	return &s.v6
}

// note remembers the lengths that the key of an audience may have: no more
// than is ever sent, so they fit into 64 bits.
func (s *scopes) note(a audience) {
	if a.sent.IsValid() {
		s.of(a.sent.Addr()).Or(1 << min(a.scope, a.sent.Bits()))
	}
}

// keys returns the keys of the answers that a client may get, the most
// specific first. Everyone's is always the last one.
func (s *scopes) keys(client netip.Prefix) []string {
	if !client.IsValid() {
		return []string{""}
	}
	known := s.of(client.Addr()).Load()
	if known == 0 {
		return []string{""}
	}
	keys := []string{exactKey(client)}
	for bits := client.Bits(); bits >= 0; bits-- {
		if known&(1<<bits) != 0 {
			keys = append(keys, prefixKey(client, bits))
		}
	}
	return append(keys, "")
}
