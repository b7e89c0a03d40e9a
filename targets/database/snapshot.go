package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"rung/targets/replication"
)

const (
	// snapshotFile and restoreFile are copies of the database that are about
	// to be sent, or to take its place.
	snapshotFile = "snapshot.db"
	restoreFile  = "restore.db"
	// setAsideAtOnce is how many entries are put aside at a time.
	setAsideAtOnce = 512
)

func (m *member) path(name string) string { return filepath.Join(m.server.config.Directory, name) }

// removeDatabase removes a database file and what SQLite keeps beside it. A log
// that was left over would be taken for one of the next file of that name.
func removeDatabase(path string) error {
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Snapshot implements replication.Storage: a copy of the database file as of
// one moment. It takes no emulated time.
func (m *member) Snapshot(_ context.Context, to io.Writer) (p replication.Position, err error) {
	m.copying.Lock()
	defer m.copying.Unlock()
	path := m.path(snapshotFile)
	if err := removeDatabase(path); err != nil {
		return p, err
	}
	defer removeDatabase(path) // best effort: the next one removes it as well
	if err := copyDatabase(m.server.engine.path, path); err != nil {
		return p, fmt.Errorf("copy the database: %w", err)
	}
	if p, err = inspect(path); err != nil {
		return p, err
	}
	f, err := os.Open(path)
	if err != nil {
		return p, err
	}
	defer f.Close()
	m.snapshots.Add(1)
	_, err = io.Copy(to, f)
	return p, err
}

// copyDatabase makes a copy of a database, page by page, in one read
// transaction.
func copyDatabase(from, to string) error {
	c, err := open(from, "busy_timeout=5000")
	if err != nil {
		return err
	}
	target := url.URL{Scheme: "file", Opaque: (&url.URL{Path: to}).EscapedPath()}
	err = c.pin.Raw(func(raw any) error {
		source, ok := raw.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		})
		if !ok {
			return errors.New("the driver cannot copy a database")
		}
		b, err := source.NewBackup(target.String())
		if err != nil {
			return err
		}
		more, err := b.Step(-1)
		if err == nil && more {
			err = errors.New("not all pages were copied")
		}
		return errors.Join(err, b.Finish())
	})
	return errors.Join(err, c.close())
}

// inspect makes sure that a copy is whole, and reads where its log ends.
func inspect(path string) (p replication.Position, err error) {
	c, err := open(path, "busy_timeout=5000")
	if err != nil {
		return p, err
	}
	verdict := ""
	_, err = c.query(context.Background(), "PRAGMA quick_check(1)", nil, func(row []driver.Value) error {
		verdict, _ = row[0].(string)
		return nil
	})
	if err == nil && verdict != "ok" {
		err = fmt.Errorf("the copy is damaged: %s", verdict)
	}
	if err == nil {
		p, err = endOf(c)
	}
	return p, errors.Join(err, c.close())
}

// Restore implements replication.Storage. Statements that run finish on the old
// data; those that come meanwhile wait.
func (m *member) Restore(ctx context.Context, p replication.Position, common uint64, r io.Reader) error {
	m.copying.Lock()
	defer m.copying.Unlock()
	path := m.path(restoreFile)
	if err := removeDatabase(path); err != nil {
		return err
	}
	defer removeDatabase(path) // best effort: the next start removes it as well
	if err := fillFile(path, r); err != nil {
		return fmt.Errorf("receive a snapshot: %w", err)
	}
	at, err := inspect(path)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if at != p {
		return fmt.Errorf("the snapshot ends at %v, not at %v", at, p)
	}
	if err := m.setAside(common); err != nil {
		return fmt.Errorf("put own entries after %d aside: %w", common, err)
	}
	if err := m.server.engine.swap(ctx, path, m.server.spec.Fsync, m.logbook); err != nil {
		return fmt.Errorf("take a snapshot over: %w", err)
	}
	m.restores.Add(1)
	return m.keepsake.cast(func(b *ballot) { b.Joined = true })
}

func fillFile(path string, r io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}

// setAside keeps own entries after common, which a snapshot is about to replace.
// Barriers, and transactions that changed nothing, are nothing to keep.
func (m *member) setAside(common uint64) error {
	var kept []diverged
	tables := map[string]keptRow{}
	for after := common; ; {
		records, err := m.records(after, setAsideAtOnce)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return m.keepsake.add(kept)
		}
		for _, r := range records {
			after = r.Index
			if len(r.Operation) == 0 {
				continue
			}
			d, err := m.describe(r, tables)
			if err != nil {
				return fmt.Errorf("entry %d: %w", r.Index, err)
			}
			kept = append(kept, d)
		}
	}
}

// describe words an entry for those who keep it. The tables that it has met are
// remembered.
func (m *member) describe(r record, tables map[string]keptRow) (diverged, error) {
	d := diverged{Term: r.Term, Index: r.Index, At: r.At.UnixNano()}
	images, err := decodeImages(r.images)
	if err != nil {
		return d, err
	}
	changes, err := decodeOperation(r.Operation)
	if err != nil {
		return d, err
	}
	schema := false
	for _, c := range changes {
		schema = schema || c.Schema
	}
	if schema || len(images) == 0 {
		for _, c := range changes {
			d.SQL = append(d.SQL, c.SQL)
		}
		return d, nil
	}
	for _, im := range images {
		row, ok := tables[im.Table]
		if !ok {
			if row, err = m.columnsOf(im.Table); err != nil {
				return d, err
			}
			tables[im.Table] = row
		}
		row.image = im
		d.Rows = append(d.Rows, row)
	}
	return d, nil
}

// columnsOf reads the columns of a table and its primary key.
func (m *member) columnsOf(table string) (row keptRow, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reader == nil {
		return row, errLogClosed
	}
	_, err = m.reader.query(context.Background(), "SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid", named(table), func(r []driver.Value) error {
		name, _ := r[0].(string)
		if key, _ := r[1].(int64); key > 0 {
			row.Key = append(row.Key, len(row.Columns))
		}
		row.Columns = append(row.Columns, name)
		return nil
	})
	return row, err
}
