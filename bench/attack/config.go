package attack

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"time"

	"rung/bench"
	"rung/targets/clock"
)

// Config is how to attack.
type Config struct {
	// Client whose Transport is used, shared by attacks so that connections
	// stay warm; best one of NewFast. Its other fields are ignored: redirects are not followed,
	// cookies are the source's, the time-out is Timeout. Required.
	Client *http.Client
	// BaseURL is "http://host:port" or "https://host:port". Required.
	BaseURL string
	// Route, if set, says by which client and to which base URL a request is
	// sent, in place of Client and BaseURL: users of several regions, and a
	// name of its own for static files. It is called by many goroutines and
	// must give one of few values, which can be compared. A nil one means
	// Client and BaseURL.
	Route func(*bench.Request) (transport http.RoundTripper, base *url.URL)
	// Clock paces the attack. Required.
	Clock *clock.Clock
	// Timeout of one request, from its start to the end of its body. Above 0.
	Timeout time.Duration
	// MaxWorkers is the most requests in flight. Zero means four times the
	// plan's mean rate x Timeout, but 256 to 10 000.
	MaxWorkers int
	// Name of the attack, for errors.
	Name string
	// Progress, if set, is told how many requests have been answered or
	// given up, some ten times a second and at the end, by the goroutine
	// that runs Run.
	Progress func(sent uint64)
	// Began, if set, is told the zero of the attack once, when it starts: the
	// time that all offsets count from. It must not block.
	Began func(time.Time)
}

// Bounds of the default MaxWorkers. A request in flight costs some 10 kB.
const (
	leastWorkers = 256
	mostWorkers  = 10_000
)

func (c Config) check() (base *url.URL, err error) {
	switch {
	case c.Client == nil || c.Client.Transport == nil:
		return nil, errors.New("client with a transport is missing")
	case c.Clock == nil:
		return nil, errors.New("clock is missing")
	case c.Timeout <= 0:
		return nil, fmt.Errorf("timeout is %v: it must be above 0", c.Timeout)
	case c.MaxWorkers < 0:
		return nil, fmt.Errorf("max workers is %d: it must not be negative", c.MaxWorkers)
	}
	base, err = url.Parse(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.Path != "" && base.Path != "/" {
		return nil, fmt.Errorf("base URL %q: allowed is http://host:port or https://host:port", c.BaseURL)
	}
	return &url.URL{Scheme: base.Scheme, Host: base.Host}, nil
}

// ceiling is the most requests in flight.
func (c Config) ceiling(plan bench.Plan) int {
	if c.MaxWorkers > 0 {
		return c.MaxWorkers
	}
	rate := float64(plan.Count()) / plan.Duration().Seconds()
	want := math.Ceil(4 * rate * c.Timeout.Seconds())
	return int(min(max(want, leastWorkers), mostWorkers))
}
