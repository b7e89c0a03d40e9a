package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	adminTimeout = 5 * time.Second
	// maxAckPending and maxWaiting bound the jobs that are out and the pulls
	// that wait: the slots of all workers together.
	maxAckPending = 20_000
	maxWaiting    = 20_000
	// backupChunk is the size of the pieces of a backup.
	backupChunk = 64 << 10
	// backupSubject is the API subject of a backup, by stream.
	backupSubject = "$JS.API.STREAM.SNAPSHOT.%s"
)

// Declaration is how a queue keeps its jobs.
type Declaration struct {
	// Bytes bounds the stored jobs, headers included. A full stream refuses.
	Bytes int64
	// Window in which a job of the same ID is not stored again, at least
	// 100 ms.
	Window time.Duration
	// AckWait is how long a job may be out without a word.
	AckWait time.Duration
}

// stream is a work queue in files: a job leaves it when it was acknowledged. It
// refuses new jobs when it is full and never drops old ones.
func (d Declaration) stream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: Stream, Subjects: []string{Subject}, Retention: jetstream.WorkQueuePolicy,
		Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, MaxBytes: d.Bytes,
		MaxMsgs: -1, MaxConsumers: -1, MaxMsgsPerSubject: -1, Replicas: 1, Duplicates: d.Window,
	}
}

// MarshalStream returns the stream's configuration as JetStream's API has it.
func (d Declaration) MarshalStream() ([]byte, error) {
	data, err := json.Marshal(d.stream())
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", Stream, err)
	}
	return data, nil
}

// Admin prepares and saves a queue. It is safe for concurrent use.
type Admin struct {
	nc *nats.Conn
	js jetstream.JetStream
}

// dialFunc makes a function a dialer for NATS.
type dialFunc func() (net.Conn, error)

// Dial ignores the address.
func (d dialFunc) Dial(_, _ string) (net.Conn, error) { return d() }

// OpenAdmin connects to a queue that runs. It does not connect again when the
// connection breaks. Close must be called.
func OpenAdmin(dial func() (net.Conn, error)) (*Admin, error) {
	nc, err := nats.Connect("nats://127.0.0.1:4222", nats.Name("admin"), nats.SetCustomDialer(dialFunc(dial)),
		nats.Timeout(adminTimeout), nats.NoReconnect(), nats.IgnoreDiscoveredServers())
	if err != nil {
		return nil, fmt.Errorf("admin of the queue: %w", err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("admin of the queue: %w", err)
	}
	return &Admin{nc: nc, js: js}, nil
}

// Declare makes the stream and the consumer of all workers, or changes them to
// be so. What is stored stays.
func (a *Admin) Declare(ctx context.Context, d Declaration) error {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	stream, err := a.js.CreateOrUpdateStream(ctx, d.stream())
	if err != nil {
		return fmt.Errorf("stream %s: %w", Stream, err)
	}
	_, err = stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: Durable, AckPolicy: jetstream.AckExplicitPolicy, DeliverPolicy: jetstream.DeliverAllPolicy,
		AckWait: d.AckWait, MaxDeliver: -1, MaxAckPending: maxAckPending, MaxWaiting: maxWaiting,
	})
	if err != nil {
		return fmt.Errorf("consumer %s: %w", Durable, err)
	}
	return nil
}

// Backup writes what the stream holds, and how far its consumers are, to w. It
// is the state at one moment: jobs published later are not in it, while those
// that are acknowledged meanwhile may or may not be. Publishing goes on.
func (a *Admin) Backup(ctx context.Context, w io.Writer) error {
	inbox := nats.NewInbox()
	sub, err := a.nc.SubscribeSync(inbox)
	if err != nil {
		return fmt.Errorf("backup of stream %s: %w", Stream, err)
	}
	defer sub.Unsubscribe() // fails only without a connection
	if err := a.request(ctx, inbox); err != nil {
		return fmt.Errorf("backup of stream %s: %w", Stream, err)
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return fmt.Errorf("backup of stream %s: %w", Stream, err)
		}
		if len(m.Data) == 0 { // the end, or an error
			if status := m.Header.Get("Status"); status != "" && status != "204" {
				return fmt.Errorf("backup of stream %s: status %s %s", Stream, status, m.Header.Get("Description"))
			}
			return nil
		}
		if _, err := w.Write(m.Data); err != nil {
			return fmt.Errorf("backup of stream %s: %w", Stream, err)
		}
		if m.Reply == "" { // the last piece
			continue
		}
		if err := m.Respond(nil); err != nil {
			return fmt.Errorf("backup of stream %s: %w", Stream, err)
		}
	}
}

// request starts a backup.
func (a *Admin) request(ctx context.Context, inbox string) error {
	body, err := json.Marshal(map[string]any{"deliver_subject": inbox, "chunk_size": backupChunk})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	reply, err := a.nc.RequestWithContext(ctx, fmt.Sprintf(backupSubject, Stream), body)
	if err != nil {
		return err
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return errors.Join(ErrInvalid, err)
	}
	if answer.Error != nil {
		return answer.Error
	}
	return nil
}

// Close ends the connection. It may be called again.
func (a *Admin) Close() { a.nc.Close() }
