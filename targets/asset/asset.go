// Package asset makes the static files of the application: the same bytes on
// every node, from a rule instead of from a disk, so that whoever serves a
// file (a web server, a balancer) serves the very same one.
//
// The rule: the content of file i at version v is the output of math/rand/v2's
// PCG generator seeded with (v, i), each 64-bit number in little-endian order,
// cut at the file's size; then the first byte is that of version 1 plus v-1,
// modulo 256, so that neighbouring versions of the smallest file differ too.
// A file that is longer therefore starts with the bytes of a shorter one of
// the same number and version. Random bytes do not compress, which is how a
// picture behaves.
package asset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// Bytes returns the content of file i at version 1, size bytes long. A size
// below zero counts as zero. The slice is the caller's own.
func Bytes(i, size int) []byte { return VersionBytes(i, size, 1) }

// VersionBytes is like Bytes, at any version. Versions count from 1; a lower
// one counts as 1.
func VersionBytes(i, size, version int) []byte {
	size, version = max(size, 0), max(version, 1)
	stream := rand.NewPCG(uint64(version), uint64(i))
	content := make([]byte, 0, size+7) // the last number may stick out by 7 bytes
	for len(content) < size {
		content = binary.LittleEndian.AppendUint64(content, stream.Uint64())
	}
	if size > 0 && version > 1 {
		first := byte(rand.NewPCG(1, uint64(i)).Uint64())
		content[0] = first + byte(version-1)
	}
	return content[:size:size]
}

// ETag returns the strong entity tag of file i of that size at version 1, with
// its quotes: half of the SHA-256 of the content, in hexadecimal.
func ETag(i, size int) string { return tag(Bytes(i, size)) }

// VersionETag is like ETag, at any version.
func VersionETag(i, size, version int) string { return tag(VersionBytes(i, size, version)) }

func tag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
