// Package asset makes the static files of the application: the same bytes on
// every node, from a rule instead of from a disk, so that whoever serves a
// file (a web server, a balancer) serves the very same one.
//
// The rule: the content of file i is the output of math/rand/v2's PCG
// generator seeded with (1, i), each 64-bit number in little-endian order, cut
// at the file's size. A file that is longer therefore starts with the bytes of
// a shorter one of the same number. Random bytes do not compress, which is how
// a picture behaves.
package asset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// Bytes returns the content of file i, size bytes long. A size below zero
// counts as zero. The slice is the caller's own.
func Bytes(i, size int) []byte {
	size = max(size, 0)
	stream := rand.NewPCG(1, uint64(i))
	content := make([]byte, 0, size+7) // the last number may stick out by 7 bytes
	for len(content) < size {
		content = binary.LittleEndian.AppendUint64(content, stream.Uint64())
	}
	return content[:size:size]
}

// ETag returns the strong entity tag of file i of that size, with its quotes:
// half of the SHA-256 of the content, in hexadecimal.
func ETag(i, size int) string { return tag(Bytes(i, size)) }

func tag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
