package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets/replication"
)

// TestLogIsBounded appends entries of any size and compares the log with a model
// that keeps everything.
func TestLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	w, err := open(path, "journal_mode=WAL", "synchronous=OFF")
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	rapid.Check(t, func(t *rapid.T) {
		if err := w.exec("DROP TABLE IF EXISTS rung_log"); err != nil {
			t.Fatal(err)
		}
		l := newLogbook()
		l.keep, l.keepBytes = uint64(rapid.IntRange(1, 20).Draw(t, "keep")), int64(rapid.IntRange(1, 500).Draw(t, "bytes"))
		if err := l.open(path, w); err != nil {
			t.Fatal(err)
		}
		defer l.close()
		var all []record
		term := uint64(1)
		for range rapid.IntRange(1, 40).Draw(t, "batches") {
			var batch []record
			for range rapid.IntRange(1, 4).Draw(t, "entries") {
				term += uint64(rapid.IntRange(0, 1).Draw(t, "term"))
				batch = append(batch, record{replication.Entry{Position: replication.Position{Term: term, Index: uint64(len(all)+len(batch)) + 1},
					At: time.Unix(0, 5), Operation: make([]byte, rapid.IntRange(0, 60).Draw(t, "operation"))}, make([]byte, rapid.IntRange(0, 60).Draw(t, "images"))})
			}
			if err := w.exec("BEGIN"); err != nil {
				t.Fatal(err)
			}
			extent, err := l.append(w, batch...)
			if err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 4).Draw(t, "rolled back") == 0 {
				if err := w.exec("ROLLBACK"); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if err := w.exec("COMMIT"); err != nil {
				t.Fatal(err)
			}
			l.appended(extent, batch...)
			all = append(all, batch...)
		}
		if len(all) == 0 {
			return
		}
		checkLog(t, l, all)
		// The same after a restart, when nothing is in memory.
		if err := errors.Join(l.close(), l.open(path, w)); err != nil {
			t.Fatal(err)
		}
		checkLog(t, l, all)
	})
}

func checkLog(t *rapid.T, l *logbook, all []record) {
	if l.end() != all[len(all)-1].Position {
		t.Fatalf("the log ends at %v, want %v", l.end(), all[len(all)-1].Position)
	}
	first, rows, bytes := int64(0), int64(0), int64(0)
	if _, err := l.reader.query(context.Background(), "SELECT min(idx), count(*), sum(length(operation) + length(images)) FROM rung_log", nil,
		func(row []driver.Value) error {
			first, rows, bytes = row[0].(int64), row[1].(int64), row[2].(int64)
			return nil
		}); err != nil {
		t.Fatal(err)
	}
	if rows > int64(l.keep) || rows > 1 && bytes > l.keepBytes || bytes != l.bytes() || uint64(first) != l.extent.first || first+rows-1 != int64(len(all)) {
		t.Fatalf("%d entries from %d on with %d bytes; it says %+v; at most %d and %d bytes", rows, first, bytes, l.extent, l.keep, l.keepBytes)
	}
	for i := range len(all) + 2 {
		term, err := l.Term(uint64(i))
		entries, listed := l.Entries(uint64(i), 3)
		switch {
		case i == 0:
			if term != 0 || err != nil {
				t.Fatalf("term %d of entry 0, %v", term, err)
			}
		case i > len(all):
			if !errors.Is(err, replication.ErrNoEntry) {
				t.Fatalf("entry %d of %d: %v", i, len(all), err)
			}
		case err == nil && term != all[i-1].Term, err != nil && (!errors.Is(err, replication.ErrCompacted) || int64(i) >= first):
			t.Fatalf("term %d of entry %d, %v; the first is %d", term, i, err, first)
		}
		if listed != nil && (!errors.Is(listed, replication.ErrCompacted) || int64(i)+1 >= first) {
			t.Fatalf("entries after %d: %v", i, listed)
		}
		if listed == nil && len(entries) != min(3, max(0, len(all)-i)) {
			t.Fatalf("%d entries after %d of %d", len(entries), i, len(all))
		}
		for j, e := range entries {
			if want := all[i+j]; e.Position != want.Position || len(e.Operation) != len(want.Operation) || !e.At.Equal(want.At) {
				t.Fatalf("entry %+v, want %+v", e, want)
			}
		}
	}
}
