package dns

import (
	"net/netip"

	"github.com/miekg/dns"
)

// Longest prefixes of a client's address that a resolver passes on, in bits
// (RFC 7871, section 11.1).
const (
	most4 = 24
	most6 = 56
)

// nobody is the subnet of a client that is not to be told of: the option with
// no bit of an address in it (RFC 7871, section 7.1.2).
var nobody = netip.PrefixFrom(netip.IPv4Unspecified(), 0)

// asker is who a query comes from.
type asker struct {
	// source is the address that sent it; the zero Addr when not known.
	source netip.Addr
	// option is the EDNS client subnet in it, nil if none.
	option *dns.EDNS0_SUBNET
}

// address is where the client is, as far as the query tells.
func (a asker) address() netip.Addr {
	if a.option != nil && a.option.SourceNetmask > 0 {
		return optionPrefix(a.option).Addr()
	}
	return a.source
}

// subnet is what a resolver tells others of the client: its own word, or else
// its address, and no more of either than the bounds above.
func (a asker) subnet() netip.Prefix {
	client := nobody
	switch {
	case a.option != nil:
		client = optionPrefix(a.option)
	case a.source.IsValid():
		client = netip.PrefixFrom(a.source, a.source.BitLen())
	}
	return netip.PrefixFrom(client.Addr(), min(client.Bits(), mostOf(client.Addr()))).Masked()
}

func mostOf(address netip.Addr) int {
	if address.Is4() {
		return most4
	}
	return most6
}

// subnetOptions returns the client subnets of a message.
func subnetOptions(m *dns.Msg) []*dns.EDNS0_SUBNET {
	opt := m.IsEdns0()
	if opt == nil {
		return nil
	}
	var out []*dns.EDNS0_SUBNET
	for _, option := range opt.Option {
		if s, ok := option.(*dns.EDNS0_SUBNET); ok {
			out = append(out, s)
		}
	}
	return out
}

// subnetOption returns the client subnet of a message, nil if there is none.
func subnetOption(m *dns.Msg) *dns.EDNS0_SUBNET {
	if all := subnetOptions(m); len(all) > 0 {
		return all[0]
	}
	return nil
}

// optionPrefix is the subnet that an option tells of. It is not valid when the
// option has bits set beyond its prefix, or no address of its family.
func optionPrefix(o *dns.EDNS0_SUBNET) netip.Prefix {
	if o.Family == 0 {
		return nobody // dig sends it so
	}
	raw := o.Address.To16()
	if o.Family == 1 {
		raw = o.Address.To4()
	}
	address, _ := netip.AddrFromSlice(raw)
	p := netip.PrefixFrom(address, int(o.SourceNetmask))
	if p.Masked() != p {
		return netip.Prefix{}
	}
	return p
}

// attachSubnet adds a client subnet to a message that has an OPT record.
func attachSubnet(m *dns.Msg, subnet netip.Prefix) {
	family := uint16(1)
	if !subnet.Addr().Is4() {
		family = 2
	}
	opt := m.IsEdns0()
	opt.Option = append(opt.Option, &dns.EDNS0_SUBNET{Code: dns.EDNS0SUBNET, Family: family,
		SourceNetmask: uint8(subnet.Bits()), Address: subnet.Addr().AsSlice()})
}

// echoSubnet gives the client subnet of a query back in its reply, which has
// an OPT record, with the scope of the answer in bits (RFC 7871, section 7.2.1).
func echoSubnet(reply *dns.Msg, asked *dns.EDNS0_SUBNET, scope int) {
	told := *asked
	told.SourceScope = uint8(scope)
	opt := reply.IsEdns0()
	opt.Option = append(opt.Option, &told)
}

// sameSubnet says whether a reply tells of the subnet that its query did. One
// that tells of none may: its server knows no subnets. RFC 7871, section 7.3,
// has a reply that tells of another dropped: it may be forged.
func sameSubnet(reply, query *dns.Msg) bool {
	asked, told := subnetOption(query), subnetOption(reply)
	if asked == nil || told == nil {
		return true
	}
	if asked.SourceNetmask == 0 {
		return told.SourceNetmask == 0
	}
	return asked.Family == told.Family && optionPrefix(asked) == optionPrefix(told)
}
