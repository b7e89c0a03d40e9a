package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"time"

	"rung/bench"
)

// ErrConfig marks errors of what was asked, found before anything was sent.
var ErrConfig = errors.New("configuration")

// Config is an attack on endpoints.
type Config struct {
	// Targets, at least one.
	Targets []Target
	// Plan of the attack. Required by Attack; Capacity makes its own.
	Plan bench.Plan
	// Thresholds become verdicts. May be empty.
	Thresholds []Threshold
	// Timeout of one request, from its start to the end of its body. Zero
	// means 10 s; at most 10 min.
	Timeout time.Duration
	// Connections is the most to a host. Zero means 512, or 8 of HTTP/2, which
	// carry 100 requests each; at most 100 000, or 1000 of HTTP/2.
	Connections int
	// MaxWorkers is the most requests in flight. Zero means four times the
	// plan's peak rate x Timeout, but 256 to 10 000.
	MaxWorkers int
	// NoKeepAlive sends every request on a connection of its own.
	NoKeepAlive bool
	// HTTP2 speaks HTTP/2 only: by TLS to https, and in clear (with prior
	// knowledge) to http.
	HTTP2 bool
	TLS   TLS
	// AllowHosts are the names and addresses, beside loopback, that may be
	// attacked.
	AllowHosts []string
	// Header and Body are for targets that have none of their own.
	Header http.Header
	Body   []byte
	// Warm is how long the target is loaded, at the plan's mean rate, before
	// the measurement; connections are opened before that. Zero means that
	// nothing is warmed.
	Warm time.Duration
	// Seed of the choices and of Poisson gaps.
	Seed uint64
	// Files takes histogram logs. Nil means none.
	Files Files
	// Ready, if set, is called once when everything was checked and nothing was
	// sent yet, and may refuse the run by an error: to find out before minutes
	// of work that its results cannot be kept.
	Ready func() error
	// Tool and Commit name the program that makes the run.
	Tool, Commit string
	// Null is a command that runs calibrate.ServeNull: the generator is
	// calibrated against it. Empty means a server in this process, against
	// which the ceiling is a lower bound.
	Null []string
	// Calibration, if set, is taken for true in place of calibrating.
	Calibration *bench.Calibration
	// Progress, if set, is told how things stand, four times a second, by one
	// goroutine at a time. It must be quick.
	Progress func(Progress)
	// Resolver of names. Nil means the system's.
	Resolver Resolver
}

// Files is where a run leaves histogram logs.
type Files interface {
	// Log opens the histogram log of an attack of a stage.
	Log(stage, name string) (io.WriteCloser, error)
}

// Resolver finds the addresses of a name; net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Defaults and bounds.
const (
	defaultTimeout     = 10 * time.Second
	mostTimeout        = 10 * time.Minute
	defaultConnections = 512
	defaultHTTP2       = 8
	mostConnections    = 100_000
	mostWarm           = time.Hour
	leastWorkers       = 256
	mostWorkers        = 10_000
)

// withDefaults checks the settings and fills in what is zero.
func (c Config) withDefaults() (Config, error) {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Connections == 0 {
		c.Connections = defaultConnections
		if c.HTTP2 {
			c.Connections = defaultHTTP2
		}
	}
	bad := func(format string, args ...any) (Config, error) {
		return c, fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	switch {
	case c.Timeout < 0 || c.Timeout > mostTimeout:
		return bad("timeout is %v: allowed is above 0 to %v", c.Timeout, mostTimeout)
	case c.Connections < 0 || c.Connections > mostConnections:
		return bad("connections are %d: allowed is 1 to %d", c.Connections, mostConnections)
	case c.HTTP2 && c.Connections > most2:
		return bad("connections are %d: allowed is 1 to %d with HTTP/2", c.Connections, most2)
	case c.MaxWorkers < 0:
		return bad("max workers is %d: it must not be negative", c.MaxWorkers)
	case c.Warm < 0 || c.Warm > mostWarm:
		return bad("warm-up is %v: allowed is 0 to %v", c.Warm, mostWarm)
	case c.HTTP2 && c.NoKeepAlive:
		return bad("HTTP/2 always keeps its connection: it cannot go with keep-alive off")
	case len(c.Body) > MaxBody:
		return bad("body of %d bytes: allowed are up to %d", len(c.Body), MaxBody)
	}
	return c, nil
}

// workers is the most requests in flight at a peak rate.
func (c Config) workers(peak float64) int {
	if c.MaxWorkers > 0 {
		return c.MaxWorkers
	}
	return int(min(max(4*peak*c.Timeout.Seconds(), leastWorkers), mostWorkers))
}

// protocol in words.
func (c Config) protocol() string {
	switch {
	case c.HTTP2:
		return "HTTP/2"
	case c.NoKeepAlive:
		return "HTTP/1.1, a connection for each request"
	}
	return "HTTP/1.1"
}
