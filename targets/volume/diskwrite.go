package volume

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
)

// write makes a file or replaces it. When it returns nil, the file is durable
// as the volume's fsync says.
func (d *disk) write(name string, content []byte, ends int64) (created bool, err error) {
	temporary, err := d.writeTemporary(frame(content, ends))
	if err != nil {
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	created, err = d.publish(temporary, name, int64(len(content)), ends)
	if err != nil {
		// It is of no use any more; a restart removes what is left.
		_ = d.root.Remove(temporary)
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	if err := d.syncDirectory(folderOf(name)); err != nil {
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	d.commits.Add(1)
	return created, nil
}

func (d *disk) writeTemporary(framed []byte) (path string, err error) {
	path = folderTemporary + "/" + strconv.FormatInt(d.temporary.Add(1), 10)
	f, err := d.root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(framed)
	if err == nil && d.fsync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = d.root.Remove(path)
		return "", err
	}
	return path, nil
}

// publish gives a temporary file its name.
func (d *disk) publish(temporary, name string, size, ends int64) (created bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.time()
	for range sweepFiles {
		e := d.catalog.nextEnded(now)
		if e == nil || e.name == name {
			break
		}
		d.sweep(e)
	}
	old := d.catalog.files[name]
	if old == nil && len(d.catalog.files) >= d.most {
		return false, errFull
	}
	found := old != nil && !old.ended(now)
	err = d.makeWay(name, now)
	if err == nil {
		err = d.root.Rename(temporary, folderFiles+"/"+name)
	}
	if err != nil {
		d.removeEmpty(parents(name))
		return false, err
	}
	d.catalog.set(name, size, ends)
	return !found, nil
}

// makeWay makes the directories that a file needs, durably: whoever finds
// them there relies on it. It is called with the lock held.
func (d *disk) makeWay(name string, now int64) error {
	if d.catalog.directories[name] > 0 {
		return errConflict
	}
	dirs := parents(name)
	for _, dir := range dirs {
		switch e := d.catalog.files[dir]; {
		case e == nil:
		case !e.ended(now):
			return errConflict
		default:
			d.sweep(e)
		}
	}
	for _, dir := range dirs {
		if d.catalog.directories[dir] > 0 {
			continue
		}
		if err := d.root.Mkdir(folderFiles+"/"+dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := d.syncDirectory(folderOf(dir)); err != nil {
			return err
		}
	}
	return nil
}

// remove takes a file away, durably, or returns errNone.
func (d *disk) remove(name string) error {
	if err := d.unlink(name); err != nil {
		return err
	}
	if err := d.syncDirectory(folderOf(name)); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	d.commits.Add(1)
	return nil
}

func (d *disk) unlink(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.catalog.files[name]
	if e == nil || e.ended(d.time()) {
		return errNone
	}
	if err := d.root.Remove(folderFiles + "/" + name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	d.drop(e)
	return nil
}

// sweep takes an ended file away. If the real disk refuses, the next start
// finds the file and tries again.
func (d *disk) sweep(e *entry) {
	_ = d.root.Remove(folderFiles + "/" + e.name)
	d.drop(e)
	d.swept.Add(1)
}

// drop takes a file and the directories that were only for it off the books.
func (d *disk) drop(e *entry) {
	d.catalog.remove(e)
	d.removeEmpty(parents(e.name))
	d.dropped(e.name)
}

// removeEmpty removes those directories that hold no file. One that the real
// disk does not give up is found again by makeWay.
func (d *disk) removeEmpty(dirs []string) {
	for _, dir := range slices.Backward(dirs) {
		path := folderFiles + "/" + dir
		if info, err := d.root.Lstat(path); d.catalog.directories[dir] == 0 && err == nil && info.IsDir() {
			_ = d.root.Remove(path)
		}
	}
}

// syncDirectory makes the names in a folder durable. Who finds the folder gone
// had its name taken away by another request since, so it is the folder above
// that counts.
func (d *disk) syncDirectory(folder string) error {
	if !d.fsync {
		return nil
	}
	f, err := d.root.Open(folder)
	switch {
	case isGone(err) && folder != folderFiles:
		return d.syncDirectory(path.Dir(folder))
	case err != nil:
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
