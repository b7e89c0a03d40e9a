package numbers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"rung/bench"
)

// web measures an HTTP round trip inside this machine.
func web() family {
	return family{"http", []bench.Number{
		{ID: "http_rtt", Label: "HTTP round trip on loopback (net/http, kept-alive)", Flags: []string{sameProcess}},
	}, func(ctx context.Context, m *meter) error {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		server := &http.Server{
			ReadHeaderTimeout: 5 * time.Second,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "ok") // the client sees a failure
			}),
		}
		var serving sync.WaitGroup
		var served error
		serving.Go(func() { served = server.Serve(listener) })
		transport := &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}
		client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
		timed := m.time(ctx, "http_rtt", work{do: func(n int) error {
			for range n {
				if err := get(ctx, client, "http://"+listener.Addr().String()+"/"); err != nil {
					return err
				}
			}
			return nil
		}})
		transport.CloseIdleConnections()
		closed := server.Close()
		serving.Wait()
		if errors.Is(served, http.ErrServerClosed) {
			served = nil
		}
		return errors.Join(timed, closed, served)
	}}
}

func get(ctx context.Context, client *http.Client, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<10))
	return err
}
