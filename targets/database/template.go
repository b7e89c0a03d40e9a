package database

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"rung/targets/shop"
)

const (
	// templateLimit is how long a server waits for another one that fills the
	// template; then it fills its own file. templatePoll is how often it looks.
	templateLimit = 20 * time.Second
	templatePoll  = 5 * time.Millisecond
)

// template is a directory of filled files, for servers that start with the same
// content: the first one fills, the others copy. Files are named by what is in
// them and come by a rename, so whatever has the name is whole.
type template string

// fill makes a database file at path with its first data, which nobody else has.
func (t template) fill(path string, first content) error {
	if t == "" {
		return fill(path, first)
	}
	if err := os.MkdirAll(string(t), 0o755); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	name, err := first.digest()
	if err != nil {
		return err
	}
	name = filepath.Join(string(t), "seed-"+name)
	if err := copyFile(name+".db", path); !errors.Is(err, fs.ErrNotExist) {
		return checkCopy(name, path, first, err)
	}
	unlock, err := lock(name+".lock", templateLimit)
	if errors.Is(err, errLocked) {
		return fill(path, first)
	}
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	defer unlock()
	if err := copyFile(name+".db", path); !errors.Is(err, fs.ErrNotExist) {
		return checkCopy(name, path, first, err)
	}
	part := name + ".part" // whoever has the lock may do with it what they want
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("template: %w", err)
	}
	if err := fill(part, first); err != nil {
		return fmt.Errorf("template %s: %w", part, err)
	}
	if err := os.Rename(part, name+".db"); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return checkCopy(name, path, first, copyFile(name+".db", path))
}

// checkCopy makes sure that a copy holds what it should.
func checkCopy(name, path string, first content, err error) error {
	if err == nil {
		err = checkSeed(path, first)
	}
	if err != nil {
		return fmt.Errorf("template %s.db: %w", name, err)
	}
	return nil
}

// digest is a name for the content: for the tables, for who is in them, and, by a
// few of them, for what their rows look like.
func (c content) digest() (string, error) {
	h := sha256.New()
	follows := c.data.Follows > 0
	if err := json.NewEncoder(h).Encode([]any{schema(follows), indexes(follows), c.data, c.part}); err != nil {
		return "", fmt.Errorf("digest of the data: %w", err)
	}
	there := make([]byte, (c.data.Users+7)/8+1)
	samples := 0
	err := c.each(func(user int64) error {
		there[user/8] |= 1 << (user % 8)
		if samples++; samples <= 3 {
			name, email, city := shop.UserRow(user)
			order, item, cents := shop.OrderRow(user, 1)
			fmt.Fprintln(h, user, name, email, city, order, item, cents, shop.Followee(user, 1, c.data.Users))
		}
		return nil
	})
	h.Write(there)
	return hex.EncodeToString(h.Sum(nil)[:16]), err
}

// copyFile copies a file to one that is not there.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in) // the system's own copy, where there is one
	return errors.Join(err, out.Close())
}

var errLocked = errors.New("somebody else has the lock")

// lock takes the lock of a file, which the system takes back from a process that
// dies. It fails with errLocked after the limit.
func lock(path string, limit time.Duration) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(templatePoll)
	defer ticker.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(&fs.PathError{Op: "lock", Path: path, Err: err}, f.Close())
		}
		select {
		case <-ticker.C:
		case <-end.C:
			return nil, errors.Join(errLocked, f.Close())
		}
	}
}
