package numbers

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const hasFdatasync = true

func fdatasync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// openDirect opens a file past the page cache, or through it where the
// filesystem refuses.
func openDirect(name string) (*os.File, directness, error) {
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_DIRECT, 0)
	if err != nil {
		if !errors.Is(err, unix.EINVAL) {
			return nil, directness{}, err
		}
		f, err = os.OpenFile(name, os.O_RDWR, 0)
		return f, directness{doubt: "O_DIRECT refused: read through the page cache, emptied before each sample"}, err
	}
	return f, directness{direct: true, doubt: alignment(f)}, nil
}

// alignment says whether the filesystem says that it does what is asked for.
func alignment(f *os.File) string {
	var s unix.Statx_t
	if err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &s); err != nil || s.Mask&unix.STATX_DIOALIGN == 0 {
		return "" // an older kernel or another filesystem: it does not say
	}
	switch {
	case s.Dio_offset_align == 0 || s.Dio_mem_align == 0:
		return "O_DIRECT is accepted, but the filesystem says that it goes through the page cache"
	case s.Dio_offset_align > block || s.Dio_mem_align > block:
		return fmt.Sprintf("O_DIRECT wants %d bytes of alignment: smaller reads may go through the page cache", max(s.Dio_offset_align, s.Dio_mem_align))
	}
	return ""
}

// dropCache makes the clean pages of a file leave the page cache.
func dropCache(f *os.File) error {
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("fadvise: %w", err)
	}
	return nil
}
