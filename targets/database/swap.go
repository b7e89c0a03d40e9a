package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"rung/targets"
)

// swap puts another file in the place of the database's, and opens the log of
// that. It waits until no statement runs; statements that come meanwhile wait.
func (e *engine) swap(ctx context.Context, path string, fsync targets.Fsync, log *logbook) error {
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
	// All connections are here, so the file can be closed. Should the move fail,
	// the old file is opened again; should that fail too, statements wait in vain
	// until the next start.
	err = errors.Join(log.close(), e.close())
	if err == nil {
		err = e.replaceFile(path, fsync)
	}
	if failed := e.open(fsync); failed != nil {
		return errors.Join(err, failed, e.close())
	}
	fresh := <-e.writer
	err = errors.Join(err, log.open(e.path, fresh))
	e.writer <- fresh
	return err
}

// replaceFile moves a file to the place of the closed database.
func (e *engine) replaceFile(path string, fsync targets.Fsync) error {
	// SQLite removes its log when the last connection is closed. One that is
	// still there has writes which belong to the old file only.
	if info, err := os.Stat(e.path + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("the log of %s is still in use", e.path)
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(e.path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(path, e.path); err != nil {
		return err
	}
	if fsync == targets.FsyncOff {
		return nil
	}
	return syncFile(filepath.Dir(e.path))
}
