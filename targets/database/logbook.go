package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"rung/targets/replication"
)

const (
	// logTable keeps the log beside the data, so that both are durable in one
	// commit. The rows are what each entry did here; they are not shipped.
	logTable = `CREATE TABLE IF NOT EXISTS rung_log (idx INTEGER PRIMARY KEY, term INTEGER NOT NULL, at INTEGER NOT NULL, operation BLOB NOT NULL, images BLOB NOT NULL) STRICT`
	// logKept and logBytes are how far the log reaches back, in entries and in
	// bytes of operations and rows: more than a member lacks that was away for
	// minutes at the rates of a stage. One that was away for longer gets a
	// snapshot.
	logKept  = 100_000
	logBytes = 64 << 20
	// logCut is how many entries go at once when there are too many bytes.
	logCut = 1024
	// tailKept and tailBytes bound the entries in memory, for replicas that
	// are nearly up to date.
	tailKept  = 8192
	tailBytes = 16 << 20
	// maxShipped bounds the operations of one answer of entries, in bytes.
	maxShipped = 1 << 20
)

// extent is what of the log is in the table: the first entry and the bytes.
type extent struct {
	first uint64
	bytes int64
}

// record is an entry with the rows that it changed here.
type record struct {
	replication.Entry
	images []byte
}

func (r record) size() int64 { return int64(len(r.Operation) + len(r.images)) }

// logbook is the log of a member: a table of its database, and the latest
// entries in memory. It is safe for concurrent use.
type logbook struct {
	// keep and keepBytes are logKept and logBytes, but for tests.
	keep      uint64
	keepBytes int64

	mu     sync.Mutex
	last   replication.Position
	extent extent
	tail   []replication.Entry // without gaps, the last one is the log's end
	tailed int                 // bytes of the tail's operations
	reader *connection         // for what is not in the tail; nil when closed
}

func newLogbook() *logbook { return &logbook{keep: logKept, keepBytes: logBytes} }

// open reads where the log ends. The table is made when it is not there.
func (l *logbook) open(path string, writer *connection) error {
	if err := writer.exec(logTable); err != nil {
		return err
	}
	reader, err := open(path, "busy_timeout=5000", "query_only=ON")
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reader, l.tail, l.tailed, l.last, l.extent = reader, nil, 0, replication.Position{}, extent{}
	var first, bytes int64
	if _, err := reader.query(context.Background(), "SELECT coalesce(min(idx), 0), coalesce(sum(length(operation) + length(images)), 0) FROM rung_log",
		nil, func(row []driver.Value) error {
			first, _ = row[0].(int64)
			bytes, _ = row[1].(int64)
			return nil
		}); err != nil {
		return err
	}
	l.extent = extent{uint64(first), bytes}
	l.last, err = endOf(reader)
	return err
}

// endOf reads where the log of a database ends.
func endOf(c *connection) (p replication.Position, err error) {
	_, err = c.query(context.Background(), "SELECT idx, term FROM rung_log ORDER BY idx DESC LIMIT 1", nil, func(row []driver.Value) error {
		index, _ := row[0].(int64)
		term, _ := row[1].(int64)
		p = replication.Position{Term: uint64(term), Index: uint64(index)}
		return nil
	})
	return p, err
}

func (l *logbook) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reader == nil {
		return nil
	}
	err := l.reader.close()
	l.reader = nil
	return err
}

var errLogClosed = errors.New("the log is closed")

// read returns at most limit entries after one, of about maxShipped bytes.
func (l *logbook) read(after uint64, limit int) (records []record, err error) {
	if l.reader == nil {
		return nil, errLogClosed
	}
	size := 0
	const text = "SELECT idx, term, at, operation, images FROM rung_log WHERE idx > ?1 ORDER BY idx LIMIT ?2"
	_, err = l.reader.query(context.Background(), text, named(int64(after), int64(limit)), func(row []driver.Value) error {
		index, _ := row[0].(int64)
		term, _ := row[1].(int64)
		at, _ := row[2].(int64)
		operation, _ := row[3].([]byte)
		images, _ := row[4].([]byte)
		if size += len(operation); size > maxShipped && len(records) > 0 {
			return errEnough
		}
		records = append(records, record{replication.Entry{
			Position: replication.Position{Term: uint64(term), Index: uint64(index)},
			At:       time.Unix(0, at), Operation: append([]byte(nil), operation...)}, append([]byte(nil), images...)})
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return records, nil
}

var errEnough = errors.New("enough")

// append writes records in the transaction of a connection, and takes the oldest
// away when there are too many. What it returns is for appended, after the
// commit.
func (l *logbook) append(w *connection, records ...record) (extent, error) {
	l.mu.Lock()
	now := l.extent
	l.mu.Unlock()
	ctx := context.Background()
	for _, r := range records {
		args := named(int64(r.Index), int64(r.Term), r.At.UnixNano(), notNil(r.Operation), notNil(r.images))
		if _, err := w.query(ctx, "INSERT INTO rung_log (idx, term, at, operation, images) VALUES (?1, ?2, ?3, ?4, ?5)", args, nil); err != nil {
			return now, fmt.Errorf("log entry %d: %w", r.Index, err)
		}
		now.bytes += r.size()
		if now.first == 0 {
			now.first = r.Index
		}
		last := r.Index // which stays
		for now.first < last && (now.first+l.keep <= last || now.bytes > l.keepBytes) {
			cut := now.first
			if now.bytes > l.keepBytes {
				cut = min(now.first+logCut, last) - 1
			}
			if err := now.cut(w, cut); err != nil {
				return now, err
			}
		}
	}
	return now, nil
}

// cut takes the oldest entries away, up to one.
func (e *extent) cut(w *connection, upTo uint64) error {
	ctx := context.Background()
	var freed int64
	if _, err := w.query(ctx, "SELECT coalesce(sum(length(operation) + length(images)), 0) FROM rung_log WHERE idx <= ?1", named(int64(upTo)),
		func(row []driver.Value) error { freed, _ = row[0].(int64); return nil }); err != nil {
		return fmt.Errorf("cut the log: %w", err)
	}
	if _, err := w.query(ctx, "DELETE FROM rung_log WHERE idx <= ?1", named(int64(upTo)), nil); err != nil {
		return fmt.Errorf("cut the log: %w", err)
	}
	e.first, e.bytes = upTo+1, e.bytes-freed
	return nil
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// appended is told of records that have been committed.
func (l *logbook) appended(now extent, records ...record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.extent = now
	for _, r := range records {
		l.tail = append(l.tail, r.Entry)
		l.tailed += len(r.Operation)
		l.last = r.Position
	}
	over := 0
	for over < len(l.tail)-1 && (len(l.tail)-over > tailKept || l.tailed > tailBytes) {
		l.tailed -= len(l.tail[over].Operation)
		over++
	}
	if over > 0 {
		clear(l.tail[:over]) // so that their operations can be freed
		l.tail = l.tail[over:]
	}
}

func (l *logbook) end() replication.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Term implements replication.Storage.
func (l *logbook) Term(index uint64) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case index == 0:
		return 0, nil
	case index > l.last.Index:
		return 0, replication.ErrNoEntry
	case index == l.last.Index:
		return l.last.Term, nil
	case len(l.tail) > 0 && index >= l.tail[0].Index:
		return l.tail[index-l.tail[0].Index].Term, nil
	}
	records, err := l.read(index-1, 1)
	if err != nil {
		return 0, err
	}
	if len(records) == 0 || records[0].Index != index {
		return 0, replication.ErrCompacted
	}
	return records[0].Term, nil
}

// Entries implements replication.Storage.
func (l *logbook) Entries(after uint64, limit int) ([]replication.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if after >= l.last.Index {
		return nil, nil
	}
	if len(l.tail) == 0 || after+1 < l.tail[0].Index {
		records, err := l.read(after, limit)
		if err != nil {
			return nil, err
		}
		if len(records) == 0 || records[0].Index != after+1 {
			return nil, replication.ErrCompacted
		}
		entries := make([]replication.Entry, len(records))
		for i, r := range records {
			entries[i] = r.Entry
		}
		return entries, nil
	}
	entries := l.tail[after+1-l.tail[0].Index:]
	entries = entries[:min(limit, len(entries))]
	size := 0
	for i, e := range entries {
		if size += len(e.Operation); size > maxShipped && i > 0 {
			entries = entries[:i]
			break
		}
	}
	return append([]replication.Entry(nil), entries...), nil
}

// records returns what is there after an entry, at most limit, whether or not
// the log reaches back to it.
func (l *logbook) records(after uint64, limit int) ([]record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.read(after, limit)
}

// bytes is what the log holds.
func (l *logbook) bytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.extent.bytes
}
