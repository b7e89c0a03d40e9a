package dns

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net/netip"

	"github.com/miekg/dns"
)

// udpSize is the largest UDP message sent and asked for, in bytes: what passes
// every network without fragments (DNS flag day 2020).
const udpSize = 1232

// headerSize is the length of a message header in bytes.
const headerSize = 12

// server turns messages into replies and carries both. A nameserver and a
// resolver differ in answer only.
type server struct {
	// answer replies to one well-formed question of class IN. It is called
	// concurrently and never returns nil. The scope is the length in bits of
	// the prefix of the client's address for which the reply is valid; 0 is
	// all addresses.
	answer func(ctx context.Context, from asker, query *dns.Msg) (reply *dns.Msg, scope int)
	tally  *tally
	log    *slog.Logger
}

// respond returns the reply to a message from an address, or nil when it gets
// none: it is not a query. Replies to UDP are cut to what the client takes.
func (s *server) respond(ctx context.Context, packet []byte, source netip.Addr, udp bool) []byte {
	query, rcode := parse(packet)
	if query == nil {
		s.tally.dropped.Add(1)
		return nil
	}
	s.tally.queries.Add(1)
	if !udp {
		s.tally.tcp.Add(1)
	}
	var reply *dns.Msg
	scope := 0
	if rcode == dns.RcodeSuccess {
		reply, scope = s.answer(ctx, asker{source, subnetOption(query)}, query)
	} else {
		reply = new(dns.Msg).SetRcode(query, rcode)
	}
	s.finish(query, reply, scope, udp)
	out, err := reply.Pack()
	if err != nil {
		s.log.Error("reply not packed", "error", err)
		reply = &dns.Msg{MsgHdr: dns.MsgHdr{Id: query.Id, Response: true, Rcode: dns.RcodeServerFailure}}
		out, _ = reply.Pack() // a bare header always packs
	}
	s.tally.replies[reply.Rcode].Add(1)
	if reply.Truncated {
		s.tally.truncated.Add(1)
	}
	return out
}

// parse returns the query in a packet and why it cannot be answered, if so. A
// nil query gets no reply at all: answering an answer would never end.
func parse(packet []byte) (*dns.Msg, int) {
	if len(packet) < headerSize || packet[2]&0x80 != 0 {
		return nil, 0
	}
	bare := &dns.Msg{MsgHdr: dns.MsgHdr{
		Id:               binary.BigEndian.Uint16(packet),
		Opcode:           int(packet[2]>>3) & 0xf,
		RecursionDesired: packet[2]&1 != 0,
	}}
	count := func(section int) uint16 { return binary.BigEndian.Uint16(packet[4+2*section:]) }
	switch {
	case bare.Opcode != dns.OpcodeQuery:
		return bare, dns.RcodeNotImplemented
	case count(0) != 1 || count(1) > 0 || count(2) > 1 || count(3) > 2:
		// One question (RFC 9619), no answer, at most the one authority
		// record of an IXFR, at most an OPT and a signature.
		return bare, dns.RcodeFormatError
	}
	query := new(dns.Msg)
	if err := query.Unpack(packet); err != nil || len(query.Question) != 1 {
		return bare, dns.RcodeFormatError
	}
	return query, refusal(query)
}

// refusal says why a query that can be read cannot be answered.
func refusal(query *dns.Msg) int {
	options := 0
	for _, rr := range query.Extra {
		if rr.Header().Rrtype == dns.TypeOPT {
			options++
		}
	}
	switch opt := query.IsEdns0(); {
	case options > 1:
		return dns.RcodeFormatError // RFC 6891, section 6.1.1
	case opt != nil && opt.Version() != 0:
		return dns.RcodeBadVers
	}
	// RFC 7871, section 7.2.1: a malformed client subnet is an error of form.
	subnets := subnetOptions(query)
	if len(subnets) > 1 || (len(subnets) == 1 && (subnets[0].SourceScope != 0 || !optionPrefix(subnets[0]).IsValid())) {
		return dns.RcodeFormatError
	}
	switch query.Question[0].Qclass {
	case dns.ClassINET:
		return dns.RcodeSuccess
	case dns.ClassCHAOS:
		return dns.RcodeRefused // version.bind and its like are nobody's business
	}
	return dns.RcodeNotImplemented
}

// finish adds the OPT record if the query has one and the reply has none yet,
// with the query's client subnet in it, and cuts a reply that is too long.
func (s *server) finish(query, reply *dns.Msg, scope int, udp bool) {
	limit := dns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		if reply.IsEdns0() == nil {
			reply.SetEdns0(udpSize, opt.Do())
		}
		if asked := subnetOption(query); asked != nil && reply.Rcode != dns.RcodeFormatError {
			echoSubnet(reply, asked, scope)
		}
		limit = min(max(int(opt.UDPSize()), dns.MinMsgSize), udpSize)
	}
	if !udp {
		limit = dns.MaxMsgSize
	}
	reply.Truncate(limit)
}
