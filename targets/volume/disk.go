package volume

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The two folders of a volume's directory. They are on one file system, so
// that a temporary file becomes a file by its new name alone.
const (
	folderFiles     = "files"
	folderTemporary = "temporary"
	// sweepFiles is how many ended files a write takes away at most: more
	// than it adds, so that they do not pile up.
	sweepFiles = 8
)

var (
	errNone     = errors.New("no such file")
	errConflict = errors.New("a file and a directory cannot have one name")
	errFull     = errors.New("volume is full")
)

// disk is the files on the real disk, and their catalog. It is safe for
// concurrent use. All of its paths go through an os.Root, so that nothing
// outside of the directory can be reached, not even by a symbolic link.
type disk struct {
	root  *os.Root
	most  int
	fsync bool
	now   func() time.Time
	// dropped is told of every file that is gone.
	dropped func(name string)

	temporary, commits, swept atomic.Int64

	// mu is held for a change of names, never while contents are written.
	mu      sync.RWMutex
	catalog catalog
}

func (d *disk) time() int64 { return d.now().UnixMilli() }

// has says whether there is such a file now.
func (d *disk) has(name string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	e := d.catalog.files[name]
	return e != nil && !e.ended(d.time())
}

// counts returns how many files are held, ended ones included, and the sum of
// their contents.
func (d *disk) counts() (files int, bytes int64) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.catalog.files), d.catalog.bytes
}

// read returns the content of a file and when it ends, or errNone.
func (d *disk) read(name string) (content []byte, ends int64, err error) {
	if !d.has(name) {
		return nil, 0, errNone
	}
	framed, err := d.load(folderFiles+"/"+name, headBytes+contentBytes+1)
	if err == nil {
		content, ends, err = unframe(framed)
	}
	switch {
	// Another request has just taken it away, or in its place is a directory.
	case isGone(err), errors.Is(err, syscall.EISDIR):
		return nil, 0, errNone
	case err != nil:
		return nil, 0, fmt.Errorf("read %s: %w", name, err)
	case ends != 0 && d.time() >= ends:
		return nil, 0, errNone
	}
	return content, ends, nil
}

// load returns the first bytes of a file of the real disk, at most so many.
func (d *disk) load(path string, most int64) ([]byte, error) {
	f, err := d.root.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// isGone says whether a path leads nowhere.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// folderOf is the folder of the real disk that holds a file or directory.
func folderOf(name string) string { return path.Join(folderFiles, path.Dir(name)) }
