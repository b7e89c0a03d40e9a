package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"rung/targets"
)

// recovery decides what a queue starts with.
type recovery struct {
	spec    targets.Queue
	role    string
	files   files
	log     *slog.Logger
	journal *journal
	life    context.Context
}

// run starts the NATS server: on what is there, or after a power cut on what
// was synced. Discarded is how many messages the power cut took.
func (r *recovery) run(powerCut bool) (b *broker, discarded int64, err error) {
	restore, err := r.wanted(powerCut)
	if err != nil {
		return nil, 0, err
	}
	left := uint64(0)
	if restore {
		if left, err = r.clear(); err != nil {
			return nil, 0, err
		}
	}
	if b, err = startBroker(r.spec, r.role, r.files.store(), r.log); err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if restore {
		if err := r.restore(b); err != nil {
			return nil, 0, err
		}
	}
	if err := b.declare(r.life, r.spec); err != nil {
		return nil, 0, err
	}
	if !restore {
		return b, 0, nil
	}
	discarded, err = r.finish(b, left)
	return b, discarded, err
}

// wanted says whether the store must be replaced by the backup, and leaves a
// mark if so.
func (r *recovery) wanted(powerCut bool) (bool, error) {
	marked, err := exists(r.files.restoring())
	if err != nil || marked {
		return marked, err // an earlier start did not come to the end of it
	}
	if !powerCut {
		return false, nil
	}
	if r.spec.Sync == targets.SyncAlways {
		r.log.Info("power cut, emulated: every acknowledged message was synced, so none is discarded")
		r.journal.add("power cut", r.role, "0 messages discarded: all were synced")
		return false, nil
	}
	saved, err := exists(r.files.synced())
	if err != nil {
		return false, err
	}
	if !saved {
		r.log.Warn("power cut, emulated: nothing was ever synced in this mode, so the queue starts with what is there")
		return false, nil
	}
	return true, r.files.mark()
}

// clear looks how many messages were ever stored in what SIGKILL left, and
// removes it. A store that cannot be opened counts as 0.
func (r *recovery) clear() (lastSeq uint64, err error) {
	there, err := exists(r.files.store())
	if err != nil {
		return 0, err
	}
	if there {
		if lastSeq, err = r.lastSeq(); err != nil {
			r.log.Warn("what the power cut left cannot be counted", "error", err)
		}
	}
	if err := os.RemoveAll(r.files.store()); err != nil {
		return 0, fmt.Errorf("discard the store: %w", err)
	}
	return lastSeq, nil
}

func (r *recovery) lastSeq() (uint64, error) {
	b, err := startBroker(r.spec, r.role, r.files.store(), r.log)
	if err != nil {
		return 0, err
	}
	f, err := b.figures()
	return f.lastSeq, errors.Join(err, b.close())
}

func (r *recovery) restore(b *broker) error {
	backup, err := os.Open(r.files.synced())
	if err != nil {
		return fmt.Errorf("what was synced: %w", err)
	}
	return errors.Join(b.restore(r.spec, backup), backup.Close())
}

// finish takes the mark away and says what was lost. Sequence numbers count
// every message that was ever stored.
func (r *recovery) finish(b *broker, left uint64) (discarded int64, err error) {
	f, err := b.figures()
	if err != nil {
		return 0, err
	}
	if left > f.lastSeq {
		discarded = int64(left - f.lastSeq)
	}
	if err := os.Remove(r.files.restoring()); err != nil {
		return 0, fmt.Errorf("end of the restoration: %w", err)
	}
	r.log.Info("power cut, emulated: messages stored since the last sync are discarded",
		"discarded", discarded, "left", f.messages)
	r.journal.add("power cut", r.role, fmt.Sprintf("%d messages discarded: stored since the last sync", discarded))
	return discarded, nil
}
