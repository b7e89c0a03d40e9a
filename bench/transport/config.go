package transport

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// Config is how to connect. The zero value is usable.
type Config struct {
	// Dial opens a connection to a "host:port". It must end with its context.
	// Nil is a plain net.Dialer. A value of the request's context is seen.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Connections is the most to one host at once, opening and idle ones
	// included. Who finds none waits, first come first served. Zero or less
	// means no limit.
	Connections int
	// TLS is for https; nil means its zero value. ServerName defaults to the
	// URL's host. The protocol is http/1.1, whatever NextProtos says.
	TLS *tls.Config
	// IdleTimeout is how long a connection is kept unused. Zero or less means
	// 5 minutes.
	IdleTimeout time.Duration
	// ContinueTimeout is how long a body whose request says "Expect:
	// 100-continue" waits for the server's word. Zero or less means 1 s.
	ContinueTimeout time.Duration
	// MaxHeader bounds the headers of an answer, those of informational
	// answers before it included. In bytes; zero or less means 10 MiB.
	MaxHeader int64
}

// Defaults of Config; those of net/http where it has one.
const (
	defaultIdleTimeout     = 5 * time.Minute
	defaultContinueTimeout = time.Second
	defaultMaxHeader       = 10 << 20
)

func (c Config) withDefaults() Config {
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.IdleTimeout <= 0 {
		c.IdleTimeout = defaultIdleTimeout
	}
	if c.ContinueTimeout <= 0 {
		c.ContinueTimeout = defaultContinueTimeout
	}
	if c.MaxHeader <= 0 {
		c.MaxHeader = defaultMaxHeader
	}
	return c
}
