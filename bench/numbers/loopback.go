package numbers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"rung/bench"
)

// loopback measures round trips over TCP inside this machine.
func loopback() family {
	return family{"loopback", []bench.Number{
		{ID: "tcp_echo_1", Label: "TCP echo of 1 B on loopback", Bytes: 1, Flags: []string{sameProcess}},
		{ID: "tcp_echo_32k", Label: "TCP echo of 32 KiB on loopback", Bytes: 32 << 10, Flags: []string{sameProcess}},
	}, func(ctx context.Context, m *meter) error {
		if err := echo(ctx, m, "tcp_echo_1", 1); err != nil {
			return err
		}
		return echo(ctx, m, "tcp_echo_32k", 32<<10)
	}}
}

const sameProcess = "client and server are goroutines of one process"

// echo times round trips over one connection.
func echo(ctx context.Context, m *meter, id string, bytes int) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	client, err := (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	server, err := listener.Accept()
	if err != nil {
		return err
	}
	if server.RemoteAddr().String() != client.LocalAddr().String() {
		server.Close()
		return fmt.Errorf("a stranger connected: %s", server.RemoteAddr())
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		defer server.Close()
		buffer := make([]byte, bytes)
		for {
			if _, err := io.ReadFull(server, buffer); err != nil {
				return // the client has closed, or sees the error itself
			}
			if _, err := server.Write(buffer); err != nil {
				return
			}
		}
	})
	defer serving.Wait()
	defer client.Close()
	defer context.AfterFunc(ctx, func() { client.Close() })()
	buffer := make([]byte, bytes)
	err = m.time(ctx, id, work{do: func(n int) error {
		for range n {
			if _, err := client.Write(buffer); err != nil {
				return err
			}
			// A plain Read may return before all of it has come.
			if _, err := io.ReadFull(client, buffer); err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil && ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}
