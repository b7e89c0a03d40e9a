package database

import (
	"context"
	"errors"
	"os"
	"strings"

	"rung/targets"
)

// swap puts another file in the place of the database's. It waits until no
// statement runs; statements that come meanwhile wait. Closed is called when
// nobody uses the old file any more, opened with the writer of the new one.
func (e *engine) swap(ctx context.Context, path string, fsync targets.Fsync, opened func(*connection) error, closed func() error) error {
	w, err := acquire(ctx, e.writer)
	if err != nil {
		return err
	}
	var held []*connection
	for range readers {
		r, err := acquire(ctx, e.reading)
		if err != nil {
			for _, c := range held {
				e.reading <- c
			}
			e.writer <- w
			return err
		}
		held = append(held, r)
	}
	// From here on the old file is closed: a failure leaves a server without a
	// database, which its next start opens again.
	err = errors.Join(closed(), e.close())
	if err == nil {
		err = errors.Join(os.Rename(path, e.path), onlyIf(fsync != targets.FsyncOff, syncFile(directoryOf(e.path))))
	}
	if err := errors.Join(err, e.open(fsync)); err != nil {
		return err
	}
	fresh := <-e.writer
	err = opened(fresh)
	e.writer <- fresh
	return err
}

func directoryOf(path string) string { return path[:strings.LastIndexByte(path, '/')+1] }

// sqlText is text between single quotes.
func sqlText(s string) string { return strings.ReplaceAll(s, "'", "''") }
