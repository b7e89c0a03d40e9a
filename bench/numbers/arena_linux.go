package numbers

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// The kinds of pages, as advice to the kernel.
const (
	smallPages = unix.MADV_NOHUGEPAGE
	hugePages  = unix.MADV_HUGEPAGE
)

// arena is page-aligned memory outside the garbage collector's care, in pages
// of the asked kind where the kernel has them. The caller frees it.
func arena(bytes, pages int) (memory []byte, free func(), err error) {
	memory, err = unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, fmt.Errorf("%d bytes of memory: %w", bytes, err)
	}
	// An error means a kernel without huge pages: all are small then.
	_ = unix.Madvise(memory, pages)
	return memory, func() {
		// It fails only for memory that is none of ours.
		_ = unix.Munmap(memory)
	}, nil
}
