package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"rung/targets"
	"rung/targets/jobs"
	"rung/targets/machine"
)

// full is JetStream's answer to a publisher when the server has no resources.
const full = `{"error":{"code":503,"err_code":10023,"description":"insufficient resources: emulated queue is full"},"stream":"` +
	jobs.Stream + `","seq":0}`

// toll charges emulated time for messages.
type toll struct {
	spec  targets.Queue
	share *machine.Share
	tally *tally
	log   *slog.Logger
}

// due says whether a frame of a client costs something.
func (t *toll) due(f frame) bool {
	return t.share != nil && f.verb.publishes() && string(f.subject) == jobs.Subject
}

// charge waits for the emulated time of one message and returns what goes to
// the server: the frame, or the refusal to its publisher. The error is that the
// connection ends.
func (t *toll) charge(ctx context.Context, f frame) ([]byte, error) {
	_, err := t.share.CPU(ctx, t.spec.Demand)
	if err == nil && t.spec.Sync == targets.SyncAlways {
		if _, err = t.share.Disk(ctx, t.spec.Access); err == nil {
			t.tally.syncs.Add(1)
		}
	}
	switch {
	case err == nil:
		return f.raw, nil
	case !errors.Is(err, machine.ErrFull):
		return nil, fmt.Errorf("charge a message: %w", err)
	}
	t.tally.refused.Add(1)
	if len(f.reply) == 0 {
		t.log.Warn("message without reply subject is refused: emulated queue is full")
		return nil, nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "PUB %s %d\r\n%s\r\n", f.reply, len(full), full)
	return b.Bytes(), nil
}

// sync waits for the emulated disk access of one sync. A full disk queue does
// not keep a queue from syncing; it was as busy as it can be.
func (t *toll) sync(ctx context.Context) error {
	if t.share == nil {
		return nil
	}
	if _, err := t.share.Disk(ctx, t.spec.Access); err != nil && !errors.Is(err, machine.ErrFull) {
		return fmt.Errorf("charge a sync: %w", err)
	}
	return nil
}
