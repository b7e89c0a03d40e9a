//go:build !linux

package numbers

import "unsafe"

// The kinds of pages cannot be chosen here.
const (
	smallPages = iota
	hugePages
)

// arena is page-aligned memory. It is freed when nothing points to it.
func arena(bytes, _ int) (memory []byte, free func(), err error) {
	const page = 1 << 14 // the largest of common page sizes
	whole := make([]byte, bytes+page)
	skip := -uintptr(unsafe.Pointer(&whole[0])) & (page - 1)
	return whole[skip:][:bytes:bytes], func() {}, nil
}
