package bench

import "time"

// Outcome says how a request ended.
type Outcome uint8

// The outcomes.
const (
	// OK is a 2xx or 3xx answer in time.
	OK Outcome = iota
	// Failed is a 5xx or unexpected 4xx answer, a broken or refused
	// connection, or no answer in time.
	Failed
	// Refused is 429: the site said no by its own rules. It counts neither
	// as goodput nor as a failure.
	Refused
	// LoggedOut is 401: the site is up, but it lost the user's session. It
	// counts as answered.
	LoggedOut
)

// String returns the outcome's name.
func (o Outcome) String() string {
	switch o {
	case OK:
		return "ok"
	case Failed:
		return "failed"
	case Refused:
		return "refused"
	case LoggedOut:
		return "logged out"
	}
	return "invalid"
}

// Sample is what became of one planned request. Times count from the start
// of the attack: response time is Done - Intended, service time Done - Sent,
// lateness Sent - Intended.
type Sample struct {
	Seq       uint64
	Operation int
	// Region of the user who sent it. Empty where there is one place only.
	Region   string
	Intended time.Duration
	Sent     time.Duration
	Done     time.Duration
	Code     int
	Outcome  Outcome
	// Cause groups failures: "connection refused", "timeout", "503". Empty
	// unless Failed. It is one of a small set, never a raw error string.
	Cause string
	// Bytes of the body read.
	Bytes int64
	// ServerTiming is the answer's Server-Timing header.
	ServerTiming string
}
