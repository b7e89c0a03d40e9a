package balancer

import (
	"context"
	"net/http"
	"time"

	"rung/targets/machine"
	"rung/targets/trace"
)

// exchange is one request on its way through the balancer. One goroutine at a
// time uses it.
type exchange struct {
	client string // IP address
	token  string // of the sticky cookie, "" if there was none
	secure bool
	span   machine.Span
	// front is net/http's own writer, not one around it.
	front http.ResponseWriter

	traced bool // trace is set
	trace  trace.Context

	tries int
	took  time.Duration // of the try that was answered
	lease *lease        // of the try that was answered
	// server is who answered; it outlives the lease.
	server string
	end    context.CancelFunc

	counted bool // as a client's abort
}

type exchangeKey struct{}

func (x *exchange) into(ctx context.Context) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// exchangeOf returns the exchange that into put there.
func exchangeOf(ctx context.Context) *exchange {
	return ctx.Value(exchangeKey{}).(*exchange)
}

// finish gives back what the answered try held until its body was through.
func (x *exchange) finish(f *fleet) {
	if x.lease == nil {
		return
	}
	x.end()
	f.release(x.lease)
	x.lease = nil
}
