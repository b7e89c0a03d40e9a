package balancer

import (
	"context"
	"time"

	"rung/targets/machine"
)

// exchange is one request on its way through the balancer. One goroutine at a
// time uses it.
type exchange struct {
	client string // IP address
	token  string // of the sticky cookie, "" if there was none
	secure bool
	span   machine.Span

	tries int
	took  time.Duration // of the try that was answered
	lease *lease        // of the try that was answered
	end   context.CancelFunc

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
