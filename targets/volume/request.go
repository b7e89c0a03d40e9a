package volume

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"rung/targets/store"
)

// do sends one request and returns the content of its answer. The errors are
// store.ErrNotFound, store.ErrBusy, the context's, or what happened, without
// the key in it.
func (c *client) do(ctx context.Context, method, key string, value []byte, ends string) ([]byte, store.Timing, error) {
	start := time.Now()
	var took store.Timing
	content, err := c.inTurn(ctx, &took, func(ctx context.Context) ([]byte, error) {
		return c.send(ctx, &took, method, key, value, ends)
	})
	took.Total = time.Since(start)
	return content, took, err
}

// inTurn sends when there is a connection to send on.
func (c *client) inTurn(caller context.Context, took *store.Timing, send func(context.Context) ([]byte, error)) ([]byte, error) {
	if err := caller.Err(); err != nil {
		return nil, err
	}
	if !c.enter() {
		return nil, errClientClosed
	}
	defer c.running.Done()
	ctx, cancel := context.WithTimeout(caller, c.timeout)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()

	asked := time.Now()
	select {
	case c.turns <- struct{}{}:
		defer func() { <-c.turns }()
		took.Wait = time.Since(asked)
	case <-ctx.Done():
		took.Wait = time.Since(asked)
		return nil, c.explain(caller, ctx, ctx.Err())
	}
	took.Statements = 1
	content, err := send(ctx)
	if err != nil {
		return nil, c.explain(caller, ctx, err)
	}
	return content, nil
}

func (c *client) send(ctx context.Context, took *store.Timing, method, key string, value []byte, ends string) ([]byte, error) {
	// The host's name is for the form only: Dial knows the way.
	req, err := http.NewRequestWithContext(ctx, method, "http://volume/"+key, bytes.NewReader(value))
	if err != nil {
		return nil, errKey
	}
	if ends != "" {
		req.Header[headerEnds] = []string{ends}
	}
	// Not by an http.Client: its errors tell the URL, and so the key.
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(io.LimitReader(res.Body, contentBytes+1))
	if err != nil {
		return nil, err
	}
	for _, line := range res.Header["Server-Timing"] {
		readTiming(line, took)
	}
	switch {
	case res.StatusCode == http.StatusNotFound:
		return nil, store.ErrNotFound
	case res.StatusCode == http.StatusServiceUnavailable:
		return nil, fmt.Errorf("%w: the volume answers 503", store.ErrBusy)
	case res.StatusCode/100 != 2:
		return nil, fmt.Errorf("the volume answers %d", res.StatusCode)
	case len(content) > contentBytes:
		return nil, errors.New("the volume's answer is over 65536 bytes")
	}
	return content, nil
}

// explain turns an error into one that callers can tell apart.
func (c *client) explain(caller, ctx context.Context, err error) error {
	switch {
	case caller.Err() != nil:
		return caller.Err()
	case c.life.Err() != nil:
		return errClientClosed
	case ctx.Err() != nil:
		return fmt.Errorf("no answer in time (time-out is %v): %w", c.timeout, context.DeadlineExceeded)
	}
	return err
}
