package monitor

import (
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"time"

	"rung/targets/trace"
)

// Bounds of a search's answer.
const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// Filter says which lines to look for: those that have all of what is set. It
// is the query of GET /logs. The zero value is every line.
type Filter struct {
	// Trace is a trace id. All zero means any.
	Trace [16]byte
	// Request is a request id: the lines that have it, and those of the
	// traces that it belongs to, because not every wire has room for it.
	Request string
	// Node, Role and Message are texts that lines must have as they are.
	Node, Role, Message string
	// Level is the lowest one, if Leveled.
	Level   slog.Level
	Leveled bool
	// Text is a part of the line as it was sent, capitals told apart.
	Text string
	// Since and Until bound the lines' time, the latter exclusively. The zero
	// time is no bound.
	Since, Until time.Time
	// Limit is how many lines to return, 1 to 10,000. 0 means 100.
	Limit int
	// Oldest wants the lines that come first in time, and them in that
	// order. False means the last lines, the newest first.
	Oldest bool
}

// ParseFilter reads a query: trace=<32 hex> request= node= role= level=WARN
// msg= text= since= until= limit=100 order=newest|oldest. Empty ones are as
// good as missing. Since and until are in RFC 3339, or durations back from
// now, as in 30s. It is an error if a parameter is unknown, there twice or
// not to be understood; the error says which.
func ParseFilter(query url.Values, now time.Time) (Filter, error) {
	f := Filter{Limit: defaultLimit}
	set := map[string]func(string) error{
		"trace":   func(s string) (err error) { f.Trace, err = traceID(s); return err },
		"request": func(s string) error { return f.setRequest(s) },
		"node":    func(s string) error { f.Node = s; return nil },
		"role":    func(s string) error { f.Role = s; return nil },
		"msg":     func(s string) error { f.Message = s; return nil },
		"text":    func(s string) error { f.Text = s; return nil },
		"level":   func(s string) error { f.Leveled = true; return f.Level.UnmarshalText([]byte(s)) },
		"since":   func(s string) (err error) { f.Since, err = moment(s, now); return err },
		"until":   func(s string) (err error) { f.Until, err = moment(s, now); return err },
		"limit":   func(s string) error { return f.setLimit(s) },
		"order":   func(s string) error { return f.setOrder(s) },
	}
	for name, values := range query {
		parse, ok := set[name]
		switch {
		case !ok:
			return Filter{}, fmt.Errorf("unknown parameter %q", name)
		case len(values) != 1:
			return Filter{}, fmt.Errorf("%s: is there %d times", name, len(values))
		case values[0] == "":
			continue
		}
		if err := parse(values[0]); err != nil {
			return Filter{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return f, nil
}

func (f *Filter) setRequest(s string) error {
	if !trace.Named(s) {
		return fmt.Errorf("%q is no request id", s)
	}
	f.Request = s
	return nil
}

func (f *Filter) setLimit(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxLimit {
		return fmt.Errorf("%q is not a number from 1 to %d", s, maxLimit)
	}
	f.Limit = n
	return nil
}

func (f *Filter) setOrder(s string) error {
	orders := []string{"newest", "oldest"}
	if !slices.Contains(orders, s) {
		return fmt.Errorf("%q is not one of %v", s, orders)
	}
	f.Oldest = s == "oldest"
	return nil
}

// moment reads a time, or how long ago it was.
func moment(s string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		s = now.Add(-ago).Format(time.RFC3339Nano)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a time in RFC 3339 nor a duration", s)
	}
	if !countable(t) {
		return time.Time{}, fmt.Errorf("%q is not between the years %d and %d", s, firstYear, lastYear)
	}
	return t, nil
}
