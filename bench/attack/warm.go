package attack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// dialing bounds the connections that Warm opens at the same time, so that
// no accept queue overflows.
const dialing = 64

// Warm opens n connections to the host of url, or as many as the client's
// transport allows if that is fewer, by one GET on each. No request is sent
// before all have their connection, or else the first to be answered would
// serve the others too. Answers of any status will do. It fails if a
// connection cannot be opened or a request gets no answer; ctx must bound it.
func Warm(ctx context.Context, client *http.Client, url string, n int) error {
	if most := connections(client.Transport); most > 0 {
		n = min(n, most)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var connected, done sync.WaitGroup
	connected.Add(max(n, 0))
	all := make(chan struct{})
	slots := make(chan struct{}, dialing)
	for range n {
		done.Go(func() {
			w := warming{slots: slots, connected: &connected, all: all}
			if err := w.get(ctx, client, url); err != nil {
				cancel(fmt.Errorf("warm up %s: %w", url, err))
			}
		})
	}
	done.Go(func() { connected.Wait(); close(all) })
	done.Wait()
	return context.Cause(ctx)
}

// limited is a transport that knows how many connections it allows to a host.
type limited interface{ ConnectionsPerHost() int }

// connections is the most that a transport allows to a host; 0 is no limit,
// or an unknown one.
func connections(t http.RoundTripper) int {
	switch t := t.(type) {
	case *http.Transport:
		return t.MaxConnsPerHost
	case limited:
		return t.ConnectionsPerHost()
	}
	return 0
}

// warming is one request of a warm-up.
type warming struct {
	slots     chan struct{}
	connected *sync.WaitGroup
	all       <-chan struct{}
	once      sync.Once
}

// got lets the next one dial. It is called once per request, also when no
// connection came.
func (w *warming) got() {
	w.once.Do(func() { <-w.slots; w.connected.Done() })
}

func (w *warming) get(ctx context.Context, client *http.Client, url string) error {
	w.slots <- struct{}{} // freed by got, which every holder calls
	defer w.got()
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		w.got()
		select { // hold the connection until everybody has one
		case <-w.all:
		case <-ctx.Done():
		}
	}}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 16<<20))
	return err
}
