// Package dns holds the three parts that every name lookup on the Internet
// goes through: nameservers that know one zone each, a recursive resolver that
// walks from the root zone down and remembers what it learned, and the stub
// resolver with a cache that an operating system gives its programs.
//
// The wire format is the real one, over UDP and TCP, so dig and every other
// resolver or nameserver can stand in for one of the three. Every nameserver
// has an IP address of its own and all of them share one port number, as on
// the Internet: an address in a referral says enough to reach the server.
//
// # Time to live
//
// DNS carries a time to live (TTL) in whole seconds. A duration of a zone or
// of a cap is rounded up to the next second, and is at least 1 s: a zone whose
// TTLs were divided by a time scale cannot go below. A cache answers with what
// is left of the TTL, rounded down, so that a chain of caches never keeps a
// record longer than its zone allows; in its last second an answer carries
// TTL 0, which says "use it now, keep it not". The caches themselves count
// with the full resolution of their clock.
//
// # Where a client is
//
// A nameserver answers by the region of the client and by the health of those
// it could name (geoDNS). It sees a resolver, not the client, so the resolver
// tells it the client's subnet (EDNS client subnet, RFC 7871), and keeps an
// answer for as much of the address space as the nameserver says it is valid
// for. Addresses of 127.0.0.0/8 are taken as those of the Internet are.
//
// # What is left out
//
// Addresses are IPv4 (A records). There are no zone transfers, no dynamic
// updates, no DNSSEC and no wildcards. A nameserver that refuses questions with
// a client subnet is not asked again without one. The resolver sends the full
// question to every server on its way (no query name minimisation, RFC 9156) and
// does not prime its root hint (RFC 8109). It serves stale answers when no server
// answers (RFC 8767), but waits for that instead of answering its client early
// (no client response timer).
package dns
