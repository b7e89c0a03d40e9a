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
	// commit.
	logTable = `CREATE TABLE IF NOT EXISTS rung_log (idx INTEGER PRIMARY KEY, term INTEGER NOT NULL, at INTEGER NOT NULL, operation BLOB NOT NULL) STRICT`
	// logKept is how many entries the log reaches back: more than a member
	// that was away for minutes lacks at the rates of a stage.
	logKept = 100_000
	// logPruned is how often, in entries, it is cut.
	logPruned = 1024
	// tailKept entries are in memory, for replicas that are up to date.
	tailKept = 8192
	// maxShipped bounds the operations of one answer of entries, in bytes.
	maxShipped = 1 << 20
)

// logbook is the log of a member: a table of its database, and the latest
// entries in memory. It is safe for concurrent use.
type logbook struct {
	mu   sync.Mutex
	tail []replication.Entry // without gaps, the last one is the log's end
	last replication.Position
	// reader reads older entries.
	reader *connection
}

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
	l.reader, l.tail, l.last = reader, nil, replication.Position{}
	entries, err := l.read("SELECT idx, term, at, operation FROM (SELECT * FROM rung_log ORDER BY idx DESC LIMIT ?1) ORDER BY idx", int64(tailKept))
	if err != nil {
		return err
	}
	l.tail = entries
	if n := len(entries); n > 0 {
		l.last = entries[n-1].Position
	}
	return nil
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

func (l *logbook) read(text string, args ...int64) (entries []replication.Entry, err error) {
	if l.reader == nil {
		return nil, errLogClosed
	}
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	_, err = l.reader.query(context.Background(), text, named, func(row []driver.Value) error {
		index, _ := row[0].(int64)
		term, _ := row[1].(int64)
		at, _ := row[2].(int64)
		operation, _ := row[3].([]byte)
		entries = append(entries, replication.Entry{Position: replication.Position{Term: uint64(term), Index: uint64(index)},
			At: time.Unix(0, at), Operation: append([]byte(nil), operation...)})
		return nil
	})
	return entries, err
}

// insert writes an entry in the transaction of a connection.
func insertEntry(w *connection, e replication.Entry) error {
	operation := e.Operation
	if operation == nil {
		operation = []byte{}
	}
	args := []driver.NamedValue{{Ordinal: 1, Value: int64(e.Index)}, {Ordinal: 2, Value: int64(e.Term)},
		{Ordinal: 3, Value: e.At.UnixNano()}, {Ordinal: 4, Value: operation}}
	if _, err := w.query(context.Background(), "INSERT INTO rung_log (idx, term, at, operation) VALUES (?1, ?2, ?3, ?4)", args, nil); err != nil {
		return fmt.Errorf("log entry %d: %w", e.Index, err)
	}
	if e.Index%logPruned == 0 && e.Index > logKept {
		_, err := w.query(context.Background(), "DELETE FROM rung_log WHERE idx <= ?1", []driver.NamedValue{{Ordinal: 1, Value: int64(e.Index - logKept)}}, nil)
		return err
	}
	return nil
}

// appended is told of entries that have been committed.
func (l *logbook) appended(entries ...replication.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, entries...)
	if over := len(l.tail) - tailKept; over > tailKept/4 {
		l.tail = append([]replication.Entry(nil), l.tail[over:]...)
	}
	l.last = l.tail[len(l.tail)-1].Position
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
	case len(l.tail) > 0 && index >= l.tail[0].Index:
		return l.tail[index-l.tail[0].Index].Term, nil
	}
	entries, err := l.read("SELECT idx, term, at, operation FROM rung_log WHERE idx = ?1", int64(index))
	if err != nil {
		return 0, err
	}
	if len(entries) == 0 {
		return 0, replication.ErrCompacted
	}
	return entries[0].Term, nil
}

// Entries implements replication.Storage.
func (l *logbook) Entries(after uint64, limit int) ([]replication.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if after >= l.last.Index {
		return nil, nil
	}
	var entries []replication.Entry
	if len(l.tail) > 0 && after+1 >= l.tail[0].Index {
		entries = l.tail[after+1-l.tail[0].Index:]
		entries = entries[:min(limit, len(entries))]
	} else {
		var err error
		if entries, err = l.read("SELECT idx, term, at, operation FROM rung_log WHERE idx > ?1 ORDER BY idx LIMIT ?2", int64(after), int64(limit)); err != nil {
			return nil, err
		}
		if len(entries) == 0 || entries[0].Index != after+1 {
			return nil, replication.ErrCompacted
		}
	}
	size := 0
	for i, e := range entries {
		if size += len(e.Operation); size > maxShipped && i > 0 {
			entries = entries[:i]
			break
		}
	}
	return append([]replication.Entry(nil), entries...), nil
}
