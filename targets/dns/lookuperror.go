package dns

import (
	"errors"
	"fmt"

	"github.com/miekg/dns"
)

// Response codes of a LookupError (RFC 1035, section 4.1.1).
const (
	RcodeNone           = -1 // no reply came
	RcodeSuccess        = dns.RcodeSuccess
	RcodeServerFailure  = dns.RcodeServerFailure
	RcodeNameError      = dns.RcodeNameError // NXDOMAIN
	RcodeNotImplemented = dns.RcodeNotImplemented
	RcodeRefused        = dns.RcodeRefused
)

// ErrNoAddress says that a name exists and has no IPv4 address (NODATA).
var ErrNoAddress = errors.New("no address")

// LookupError is why a Lookup gave no addresses.
type LookupError struct {
	// Name that was looked up.
	Name string
	// Rcode of the reply. RcodeNone when none came, RcodeSuccess when it
	// came without addresses.
	Rcode int
	// Cached says that the reply was remembered from an earlier Lookup.
	Cached bool
	// Err is the cause: ErrNoAddress, the end of the context, or a failure of
	// the network. Nil when the Rcode says it all.
	Err error
}

// Error says which name and why.
func (e *LookupError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("lookup %s: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("lookup %s: %s", e.Name, dns.RcodeToString[e.Rcode])
}

// Unwrap returns the cause.
func (e *LookupError) Unwrap() error { return e.Err }

// NotFound says that there is no such name.
func (e *LookupError) NotFound() bool { return e.Rcode == RcodeNameError }

// Timeout says that no reply came in time.
func (e *LookupError) Timeout() bool { return e.Rcode == RcodeNone && isTimeout(e.Err) }
