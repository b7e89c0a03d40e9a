package volume

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"
)

// openDisk opens a volume's directory, or makes it. What a killed process left
// half done is removed, and so is what has ended. A file whose head is damaged
// stays: reading it says so, and it can be replaced or removed.
func openDisk(directory string, most int, fsync bool, now func() time.Time, log *slog.Logger) (*disk, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory: %w", err)
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		return nil, fmt.Errorf("open the directory: %w", err)
	}
	d := &disk{root: root, most: most, fsync: fsync, now: now, catalog: newCatalog(), dropped: func(string) {}}
	if err := errors.Join(d.prepare(), d.scan(log)); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", directory, err), root.Close())
	}
	return d, nil
}

// prepare makes the folders.
func (d *disk) prepare() error {
	if err := d.root.RemoveAll(folderTemporary); err != nil {
		return err
	}
	for _, folder := range []string{folderTemporary, folderFiles} {
		if err := d.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return d.syncDirectory(".")
}

// scan fills the catalog.
func (d *disk) scan(log *slog.Logger) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var dirs []string
	err := fs.WalkDir(d.root.FS(), folderFiles, func(path string, f fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, folderFiles+"/")
		switch {
		case err != nil:
			return err
		case path == folderFiles:
			return nil
		case f.IsDir() && isName(name+"/f"):
			dirs = append(dirs, name)
			return nil
		case !f.Type().IsRegular() || !isName(name):
			log.Warn("not a file of this volume: left alone", "path", path)
			if f.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return d.found(path, name, f, log)
	})
	if err != nil {
		return err
	}
	now := d.time()
	for e := d.catalog.nextEnded(now); e != nil; e = d.catalog.nextEnded(now) {
		d.sweep(e)
	}
	d.removeEmpty(dirs)
	return nil
}

// found adds a file to the catalog.
func (d *disk) found(path, name string, f fs.DirEntry, log *slog.Logger) error {
	info, err := f.Info()
	if err != nil {
		return err
	}
	head, err := d.load(path, headBytes)
	if err != nil {
		return err
	}
	ends, ok := parseHead(head)
	if !ok {
		log.Error("file is damaged", "path", path)
	}
	d.catalog.set(name, max(0, info.Size()-headBytes), ends)
	return nil
}
