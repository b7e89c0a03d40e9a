package queue

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"
)

// saveTime bounds one backup.
const saveTime = time.Minute

// keeper saves what a synced disk would hold, once each period.
type keeper struct {
	broker  *broker
	files   files
	period  time.Duration
	toll    *toll
	tally   *tally
	log     *slog.Logger
	journal *journal

	running sync.WaitGroup
	saved   figures // what the last backup holds; used by one goroutine at a time
}

// start saves until life ends.
func (k *keeper) start(life context.Context) {
	k.running.Go(func() {
		ticker := time.NewTicker(k.period)
		defer ticker.Stop()
		for {
			select {
			case <-life.Done():
				return
			case <-ticker.C:
				k.sync(life)
			}
		}
	})
}

// sync saves if something changed, at the cost of one emulated disk access.
func (k *keeper) sync(life context.Context) {
	now, err := k.broker.figures()
	if err == nil && now.same(k.saved) {
		return
	}
	if err == nil {
		err = k.toll.sync(life)
	}
	if err == nil {
		err = k.save(life)
	}
	if err != nil && life.Err() == nil {
		k.log.Error("queue did not sync", "error", err)
		k.journal.add("sync failed", k.files.directory, err.Error())
	}
}

// save writes the backup. What is published meanwhile may or may not be in it.
func (k *keeper) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	before, err := k.broker.figures() // the backup holds this, or more
	if err != nil {
		return err
	}
	if err := k.files.write(k.files.synced(), func(f *os.File) error { return k.broker.admin.Backup(ctx, f) }); err != nil {
		return err
	}
	k.saved = before
	k.tally.syncs.Add(1)
	return nil
}

// same says whether a backup of the one is a backup of the other.
func (f figures) same(other figures) bool {
	return f.messages == other.messages && f.firstSeq == other.firstSeq && f.lastSeq == other.lastSeq &&
		f.consumed == other.consumed && f.floor == other.floor && f.out == other.out
}

// stop waits for the last save, and saves once more: a queue that ends in
// order syncs its files.
func (k *keeper) stop() error {
	k.running.Wait()
	now, err := k.broker.figures()
	if err != nil || now.same(k.saved) {
		return err
	}
	return k.save(context.Background())
}
