package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// files are the paths of a queue's directory.
type files struct{ directory string }

func openFiles(directory string) (files, error) {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return files{}, fmt.Errorf("directory of the queue: %w", err)
	}
	return files{directory}, nil
}

// store is where JetStream keeps its files.
func (f files) store() string { return filepath.Join(f.directory, "store") }

// synced is the backup that stands for the synced state of the disk.
func (f files) synced() string { return filepath.Join(f.directory, "synced.backup") }

// restoring marks that the store is being replaced by the backup. A start that
// finds it does so again, from the beginning.
func (f files) restoring() string { return filepath.Join(f.directory, "restoring") }

// mark leaves the mark durably.
func (f files) mark() error {
	return f.write(f.restoring(), func(file *os.File) error { return nil })
}

// write replaces a file durably, or leaves the old one.
func (f files) write(path string, fill func(*os.File) error) (err error) {
	temporary := path + ".new"
	file, err := os.Create(temporary)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	err = fill(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return f.syncNames()
}

// syncNames makes the names in the directory durable.
func (f files) syncNames() error {
	d, err := os.Open(f.directory)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", f.directory, err)
	}
	return nil
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for: %w", err)
	}
	return true, nil
}
