package reports

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// writeAtomic puts a whole file in place, or leaves the earlier one as it is:
// a temporary file beside it is filled, synced and renamed.
func writeAtomic(target string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(f.Close()), os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), target); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(target))
}

// syncFolder makes a rename durable. File systems that cannot sync a folder
// say EINVAL; there is nothing better to do there.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// Latest points the link base/latest at dir, in one step. It refuses to
// replace anything but a link.
func Latest(base, dir string) error {
	link := filepath.Join(base, "latest")
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("link %s: it exists and is no link", link)
	}
	target, err := relative(base, dir)
	if err != nil {
		return fmt.Errorf("link %s: %w", link, err)
	}
	fresh := fmt.Sprintf("%s-%d", link, os.Getpid())
	if err := os.Symlink(target, fresh); err != nil {
		return fmt.Errorf("link %s: %w", link, explain(err))
	}
	if err := os.Rename(fresh, link); err != nil {
		return fmt.Errorf("link %s: %w", link, errors.Join(explain(err), os.Remove(fresh)))
	}
	return nil
}

// relative is dir as seen from base.
func relative(base, dir string) (string, error) {
	from, err := filepath.Abs(base)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}
