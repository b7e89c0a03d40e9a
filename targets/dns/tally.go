package dns

import (
	"sync/atomic"

	"github.com/miekg/dns"
)

// counted are the response codes that this package sends, and the names of
// their counters.
var counted = map[int]string{
	dns.RcodeSuccess:        "noerror_total",
	dns.RcodeFormatError:    "formerr_total",
	dns.RcodeServerFailure:  "servfail_total",
	dns.RcodeNameError:      "nxdomain_total",
	dns.RcodeNotImplemented: "notimp_total",
	dns.RcodeRefused:        "refused_total",
	dns.RcodeBadVers:        "badvers_total",
}

// tally counts the messages of one server. It is safe for concurrent use.
//
// While no query is being answered, queries equals the sum over all response
// codes. Messages that get no reply are in dropped only.
type tally struct {
	queries, dropped, truncated, tcp atomic.Int64
	replies                          [dns.RcodeBadVers + 1]atomic.Int64
}

func (t *tally) metrics() map[string]float64 {
	m := map[string]float64{
		"queries_total":   float64(t.queries.Load()),
		"dropped_total":   float64(t.dropped.Load()),
		"truncated_total": float64(t.truncated.Load()),
		"tcp_total":       float64(t.tcp.Load()),
	}
	for rcode, name := range counted {
		m[name] = float64(t.replies[rcode].Load())
	}
	return m
}
