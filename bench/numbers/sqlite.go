package numbers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"rung/bench"
)

const sqliteRows = 10_000

// sqlite measures the embedded database.
func sqlite(folder string) family {
	return family{"sqlite", []bench.Number{
		{ID: "sqlite_read", Label: "SQLite read of one row by key (database/sql, in memory)"},
		{ID: "sqlite_commit", Label: "SQLite commit of one row (WAL, synchronous=FULL)", Durability: "fsync"},
	}, func(ctx context.Context, m *meter) error {
		db, err := openSQLite(ctx, filepath.Join(folder, "numbers.db"))
		if err != nil {
			return err
		}
		return errors.Join(timeSQLite(ctx, m, db), db.Close())
	}}
}

// openSQLite makes a table of small rows in a new database.
func openSQLite(ctx context.Context, name string) (*sql.DB, error) {
	at := url.URL{Scheme: "file", Path: filepath.ToSlash(name), RawQuery: "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"}
	db, err := sql.Open("sqlite", at.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := prepareSQLite(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func prepareSQLite(ctx context.Context, db *sql.DB) error {
	var journal string
	var synchronous int
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return err
	}
	if journal != "wal" || synchronous != 2 {
		return fmt.Errorf("journal mode is %s and synchronous %d (wal and 2 were asked for)", journal, synchronous)
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE items (id INTEGER PRIMARY KEY, body TEXT NOT NULL)"); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ?) INSERT INTO items SELECT i, ? FROM n",
		sqliteRows-1, strings.Repeat("x", 100))
	return err
}

func timeSQLite(ctx context.Context, m *meter, db *sql.DB) error {
	// The driver watches contexts that can end with a goroutine for each
	// call, which would be in the figure. Single calls are short.
	quiet := context.WithoutCancel(ctx)
	read, err := db.PrepareContext(ctx, "SELECT body FROM items WHERE id = ?")
	if err != nil {
		return err
	}
	defer read.Close()
	write, err := db.PrepareContext(ctx, "UPDATE items SET body = ? WHERE id = ?")
	if err != nil {
		return err
	}
	defer write.Close()
	random := rand.New(rand.NewPCG(1, 5))
	var body string
	if err := m.time(ctx, "sqlite_read", work{do: func(n int) error {
		for range n {
			if err := read.QueryRowContext(quiet, random.IntN(sqliteRows)).Scan(&body); err != nil {
				return err
			}
		}
		return nil
	}}); err != nil {
		return err
	}
	runtime.KeepAlive(body)
	texts := [2]string{strings.Repeat("y", 100), strings.Repeat("z", 100)}
	commits := 0
	return m.time(ctx, "sqlite_commit", work{do: func(n int) error {
		for range n {
			// Updates, so that the file does not grow.
			commits++
			if _, err := write.ExecContext(quiet, texts[commits%2], random.IntN(sqliteRows)); err != nil {
				return err
			}
		}
		return nil
	}})
}
