package traffic

import (
	"fmt"
	"math"
	"net/http"
	"slices"

	"rung/bench"
	"rung/targets"
)

// Limits of a workload.
const (
	// MaxUsers bounds the table of the Zipf law: 8 bytes each.
	MaxUsers = 10_000_000
	// MaxSessions bounds the cookie jars.
	MaxSessions = 1_000_000
	// maxRun is the longest run name: with a number it stays below the 64
	// bytes that the application allows in an id.
	maxRun = 43
)

// Shop is the bench.Source of the social shop. It is safe for concurrent use.
type Shop struct {
	seed       uint64
	run        string
	users      *zipf
	ids        spread
	assets     uint64
	data       targets.Data
	shares     []float64
	mix        mixture
	operations []string
	// regions that users are in, in equal shares.
	regions []string
	// hot is a user who gets a share of all picks.
	hot bench.Hot
	// sessions are shared with the Shops that Only returns.
	sessions sessions
	json     http.Header
	bare     http.Header
}

// New returns the users of a workload. Run names the run in the keys of what
// is written: 1 to 43 letters, digits and "-_.:". Mix, exponent (0 to 10),
// users, assets and sessions are checked; the latter two only if the mix
// needs them.
func New(w bench.Workload, seed uint64, run string) (*Shop, error) {
	shares, err := sharesOf(w.Mix)
	if err != nil {
		return nil, fmt.Errorf("workload %q: %w", w.Name, err)
	}
	if err := check(w, run); err != nil {
		return nil, fmt.Errorf("workload %q: %w", w.Name, err)
	}
	s := &Shop{
		seed: seed, run: run,
		users: newZipf(w.Exponent, w.Data.Users), ids: newSpread(w.Data.Users, seed),
		assets: uint64(w.Assets), data: w.Data, shares: shares, mix: newMixture(shares),
		sessions: make(sessions, w.Sessions),
		json:     http.Header{"Content-Type": {"application/json"}},
		bare:     http.Header{},
	}
	for _, op := range targets.Operations() {
		s.operations = append(s.operations, string(op))
	}
	return s, nil
}

func check(w bench.Workload, run string) error {
	if w.Data.Users < 1 || w.Data.Users > MaxUsers {
		return fmt.Errorf("users is %d: allowed is 1 to %d", w.Data.Users, MaxUsers)
	}
	if !(w.Exponent >= 0 && w.Exponent <= 10) || math.IsNaN(w.Exponent) {
		return fmt.Errorf("zipf exponent is %v: allowed is 0 to 10", w.Exponent)
	}
	if w.Assets < 0 || w.Sessions < 0 || w.Sessions > MaxSessions {
		return fmt.Errorf("assets is %d and sessions %d: allowed is 0 or more, and 0 to %d", w.Assets, w.Sessions, MaxSessions)
	}
	for _, s := range w.Mix {
		switch {
		case s.Ratio == 0:
		case s.Operation == targets.OpAsset && w.Assets == 0:
			return fmt.Errorf("assets is 0, but the mix asks for them")
		case (s.Operation == targets.OpMe || s.Operation == targets.OpLogin) && w.Sessions == 0:
			return fmt.Errorf("sessions is 0, but the mix has %q", s.Operation)
		}
	}
	return checkRun(run)
}

func checkRun(run string) error {
	if run == "" || len(run) > maxRun {
		return fmt.Errorf("run name is %d bytes long: allowed is 1 to %d", len(run), maxRun)
	}
	for _, c := range []byte(run) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == ':':
		default:
			return fmt.Errorf("run name %q: allowed are letters, digits and -_.:", run)
		}
	}
	return nil
}

// Only returns the same shop with nothing but the given operations, in the
// proportions of its mix. One that the mix does not have gets the mean share of
// those that it has; if it has none of them, all get equal ones. Without
// arguments it is the whole mix. Sessions are shared. An operation that the
// workload has no assets or sessions for is left out; if that leaves nothing, it
// is the whole mix.
func (s *Shop) Only(ops ...targets.Operation) *Shop {
	if len(ops) == 0 {
		return s
	}
	shares := make([]float64, len(s.shares))
	sum, had := 0.0, 0.0
	for i, op := range targets.Operations() {
		if slices.Contains(ops, op) && s.shares[i] > 0 {
			shares[i] = s.shares[i]
			sum += shares[i]
			had++
		}
	}
	fair := 1.0
	if had > 0 {
		fair = sum / had
	}
	for i, op := range targets.Operations() {
		if slices.Contains(ops, op) && shares[i] == 0 && s.able(op) {
			shares[i] = fair
			sum += fair
		}
	}
	if sum == 0 {
		return s
	}
	for i := range shares {
		shares[i] /= sum
	}
	sub := *s
	sub.shares, sub.mix = shares, newMixture(shares)
	return &sub
}

// able says whether the workload has what an operation needs.
func (s *Shop) able(op targets.Operation) bool {
	switch op {
	case targets.OpAsset:
		return s.assets > 0
	case targets.OpMe, targets.OpLogin:
		return len(s.sessions) > 0
	}
	return true
}

// Operations implements bench.Source: the names of targets.Operations.
func (s *Shop) Operations() []string { return slices.Clone(s.operations) }

// Popularity returns the probability that a request for a user is for the
// user of each rank, most popular first. The probabilities sum to 1.
func (s *Shop) Popularity() []float64 { return s.users.probabilities() }

// UserOf returns the id, 1 to Data.Users, of the user of a rank, 0 to
// Data.Users-1. No two ranks have the same user.
func (s *Shop) UserOf(rank int) int64 { return int64(s.ids.of(uint64(rank))) + 1 }

// user returns the user that request n is about.
func (s *Shop) user(n uint64, what stream) int64 {
	if s.hot.Ratio > 0 && unit(draw(s.seed, n, streamHot)) < s.hot.Ratio {
		return s.hot.User
	}
	return s.UserOf(s.users.rank(unit(draw(s.seed, n, what))))
}
