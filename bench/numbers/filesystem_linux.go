package numbers

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// filesystem names the kind of filesystem that a folder is on, by the magic
// number of statfs(2); empty when it cannot be told.
func filesystem(folder string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return ""
	}
	magic := uint32(s.Type) // 32 bits by definition; the field's width differs by machine
	if name, ok := filesystems[magic]; ok {
		return name
	}
	return fmt.Sprintf("unknown (magic %#x)", magic)
}

// room is how many bytes may still be written to a folder.
func room(folder string) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
