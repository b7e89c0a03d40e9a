package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"rung/targets"
	"rung/targets/jobs"
)

const (
	// startTime bounds the start of the NATS server, recovery included.
	startTime = time.Minute
	// payloadBytes bounds one message of a client.
	payloadBytes = 256 << 10
	// otherBytes is the room for streams that clients make themselves, on
	// disk and in memory each.
	otherBytes = 64 << 20
)

// broker is a NATS server without a listener of its own.
type broker struct {
	server  *server.Server
	options *server.Options
	admin   *jobs.Admin
}

// startBroker runs a NATS server on a store directory.
func startBroker(spec targets.Queue, role, directory string, log *slog.Logger) (*broker, error) {
	options := &server.Options{
		ServerName: role, Host: "127.0.0.1", DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: directory, DisableJetStreamBanner: true,
		JetStreamMaxStore: spec.Bytes + otherBytes, JetStreamMaxMemory: otherBytes,
		MaxPayload: payloadBytes, MaxControlLine: lineBytes,
		MaxConn:    spec.Connections + 1, // the admin's
		SyncAlways: spec.Sync == targets.SyncAlways,
	}
	if spec.Sync == targets.SyncInterval {
		options.SyncInterval = spec.Interval
	}
	ns, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("NATS server: %w", err)
	}
	ns.SetLoggerV2(logger{log}, false, false, false)
	ns.Start()
	b := &broker{server: ns, options: options}
	if !ns.ReadyForConnections(startTime) || !ns.JetStreamEnabled() {
		return nil, errors.Join(errors.New("NATS server did not start; its log says why"), b.close())
	}
	if b.admin, err = jobs.OpenAdmin(ns.InProcessConn); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// declaration is how the stream is kept.
func declaration(spec targets.Queue) jobs.Declaration {
	return jobs.Declaration{Bytes: spec.Bytes, Window: spec.Window, AckWait: spec.AckWait}
}

// restore makes the stream what a backup says. There must be none.
func (b *broker) restore(spec targets.Queue, backup io.Reader) error {
	data, err := declaration(spec).MarshalStream()
	if err != nil {
		return err
	}
	var config server.StreamConfig
	if err := json.Unmarshal(data, &config); err != nil {
		return fmt.Errorf("stream %s: %w", jobs.Stream, err)
	}
	if _, err := b.server.GlobalAccount().RestoreStreamV2(&config, backup); err != nil {
		return fmt.Errorf("restore stream %s: %w", jobs.Stream, err)
	}
	return nil
}

// declare makes the stream and its consumer when they are not there.
func (b *broker) declare(ctx context.Context, spec targets.Queue) error {
	return b.admin.Declare(ctx, declaration(spec))
}

// connect returns a client's end of a connection to the server.
func (b *broker) connect() (net.Conn, error) {
	c, err := b.server.InProcessConn()
	if err != nil {
		return nil, fmt.Errorf("NATS server: %w", err)
	}
	return c, nil
}

// advertise makes the server tell clients this address, and no other.
func (b *broker) advertise(address string) error {
	options := b.options.Clone()
	options.ClientAdvertise = address
	if err := b.server.ReloadOptions(options); err != nil {
		return fmt.Errorf("NATS server: %w", err)
	}
	return nil
}

// figures is the state of the stream and of its consumer.
type figures struct {
	messages, bytes   uint64
	firstSeq, lastSeq uint64
	consumed, floor   uint64 // last delivered, and all below acknowledged
	out               int    // delivered and not acknowledged
	waiting           int    // pulls of idle workers
	connections       int
}

func (b *broker) figures() (figures, error) {
	// Without the admin's own connection.
	f := figures{connections: max(b.server.NumClients()-1, 0)}
	info, err := b.server.JszAccount(&server.JSzOptions{Account: server.DEFAULT_GLOBAL_ACCOUNT, Streams: true, Consumer: true})
	if err != nil {
		return f, fmt.Errorf("state of the NATS server: %w", err)
	}
	for _, s := range info.Streams {
		if s.Name != jobs.Stream {
			continue
		}
		f.messages, f.bytes = s.State.Msgs, s.State.Bytes
		f.firstSeq, f.lastSeq = s.State.FirstSeq, s.State.LastSeq
		for _, c := range s.Consumer {
			if c.Name == jobs.Durable {
				f.consumed, f.floor = c.Delivered.Consumer, c.AckFloor.Consumer
				f.out, f.waiting = c.NumAckPending, c.NumWaiting
			}
		}
	}
	return f, nil
}

// close ends the server, which writes and syncs what it holds.
func (b *broker) close() error {
	if b.admin != nil {
		b.admin.Close()
	}
	b.server.Shutdown()
	b.server.WaitForShutdown()
	return nil
}
