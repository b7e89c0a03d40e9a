//go:build !linux

package numbers

import "os"

const hasFdatasync = false

// fdatasync is not called here: its row is skipped.
func fdatasync(f *os.File) error { return f.Sync() }

// openDirect opens a file through the page cache, and says so.
func openDirect(name string) (*os.File, directness, error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	return f, directness{doubt: "page cache: no O_DIRECT on this system"}, err
}

// dropCache can do nothing here.
func dropCache(*os.File) error { return nil }
