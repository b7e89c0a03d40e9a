package queue_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/queue"
)

// TestPowerCut starts a queue again on a directory that
// a killed process left, with the power cut.
func TestPowerCut(t *testing.T) {
	for _, c := range []struct {
		mode targets.Sync
		lost bool
	}{{targets.SyncAlways, false}, {targets.SyncInterval, true}} {
		t.Run(string(c.mode), func(t *testing.T) {
			directory := filepath.Join(t.TempDir(), "queue")
			// A queue that ends in order has synced.
			before := start(t, spec(c.mode), queue.Config{Directory: directory})
			publish(t, stream(t, connect(t, before.address)), "synced", 30)
			drain(t, stream(t, connect(t, before.address)), 10)
			before.stop()
			after := publishUntilKilled(t, directory, c.mode, 0, 40)

			q := start(t, spec(c.mode), queue.Config{Directory: directory, PowerCut: true})
			m := q.Metrics()
			js := stream(t, connect(t, q.address))
			got := drain(t, js, int(m["messages"]))
			synced, later := 0, 0
			for id := range got {
				if strings.HasPrefix(id, "synced-") {
					synced++
				}
			}
			for _, id := range after {
				later += got[id]
			}
			if synced != 20 {
				t.Errorf("%d of 20 synced messages that nobody worked on are there", synced)
			}
			switch {
			case c.lost && (later > 0 || m["discarded_messages"] < float64(len(after))):
				t.Errorf("%d messages after the last sync are there, %v discarded", later, m["discarded_messages"])
			case !c.lost && (later != len(after) || m["discarded_messages"] != 0):
				t.Errorf("%d of %d messages are there, %v discarded", later, len(after), m["discarded_messages"])
			}
			var told []string
			for _, e := range q.Events() {
				told = append(told, e.What+": "+e.Cause)
			}
			if !strings.Contains(strings.Join(told, "\n"), "power cut") {
				t.Errorf("events are %q", told)
			}
			// The queue goes on as usual, and a plain restart keeps that.
			publish(t, js, "then", 5)
			q.stop()
			again := start(t, spec(c.mode), queue.Config{Directory: directory})
			if got := again.Metrics()["messages"]; got != 5 {
				t.Errorf("%v messages after a plain restart, want 5", got)
			}
			t.Logf("%d acknowledged after the last sync, %d of them there, %v discarded", len(after), later, m["discarded_messages"])
		})
	}
}

// TestIntervalSync lets the queue sync by itself: what was there at a sync that
// began later survives a power cut.
func TestIntervalSync(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "queue")
	s := spec(targets.SyncInterval)
	s.Interval = 20 * time.Millisecond
	q := start(t, s, queue.Config{Directory: directory})
	js := stream(t, connect(t, q.address))
	syncs := q.Metrics()["syncs_total"]
	publish(t, js, "a", 25)
	// Two syncs later, one has begun and ended after the last publish. The
	// second needs a change of its own.
	eventually(t, "a sync", func() bool { return q.Metrics()["syncs_total"] > syncs })
	publish(t, js, "b", 1)
	syncs = q.Metrics()["syncs_total"]
	eventually(t, "another sync", func() bool { return q.Metrics()["syncs_total"] > syncs })
	backup, err := os.ReadFile(filepath.Join(directory, "synced.backup")) // as the disk is now
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.WriteFile(filepath.Join(copied, "synced.backup"), backup, 0o644); err != nil {
		t.Fatal(err)
	}
	cut := start(t, s, queue.Config{Directory: copied, PowerCut: true})
	if got := cut.Metrics()["messages"]; got < 25 {
		t.Errorf("%v of 25 messages that were synced are there", got)
	}
	// Nothing changes: nothing is synced.
	eventually(t, "syncs end", func() bool {
		n := q.Metrics()["syncs_total"]
		tick := time.NewTimer(5 * s.Interval)
		<-tick.C
		return q.Metrics()["syncs_total"] == n
	})
}

// TestRestorationIsFinished leaves the mark that a start was killed within.
func TestRestorationIsFinished(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "queue")
	s := spec(targets.SyncInterval)
	q := start(t, s, queue.Config{Directory: directory})
	publish(t, stream(t, connect(t, q.address)), "a", 7)
	q.stop()
	for name, breakIt := range map[string]func(store string) error{
		"before the store is removed": func(string) error { return nil },
		"after it is removed":         os.RemoveAll,
		"in the middle": func(store string) error {
			return os.RemoveAll(filepath.Join(store, "jetstream", "$G", "streams", "photos", "msgs"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			copied := copyTree(t, directory)
			if err := breakIt(filepath.Join(copied, "store")); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(copied, "restoring"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			again := start(t, s, queue.Config{Directory: copied})
			if got := drain(t, stream(t, connect(t, again.address)), 7); len(got) != 7 {
				t.Errorf("%d of 7 messages are there", len(got))
			}
			if _, err := os.Stat(filepath.Join(copied, "restoring")); err == nil {
				t.Error("the mark is still there")
			}
		})
	}
}

func copyTree(t *testing.T, directory string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(directory)); err != nil {
		t.Fatal(fmt.Errorf("copy: %w", err))
	}
	return to
}
