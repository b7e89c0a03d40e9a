package volume

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A file on the real disk is its content after a head of 16 bytes: a mark,
// the CRC-32C (RFC 3720, appendix B.4) of all that follows, and the end in
// Unix milliseconds, 0 for never; numbers are big-endian.
const (
	mark      = "vol1"
	headBytes = 16
	// contentBytes is the largest content.
	contentBytes = 64 << 10
	// lastEnd is the last moment of the year 9999.
	lastEnd = 253402300799999
)

var errDamaged = errors.New("file is damaged")

// frame returns what is written for a content that ends at that time.
func frame(content []byte, ends int64) []byte {
	b := make([]byte, headBytes, headBytes+len(content))
	copy(b, mark)
	binary.BigEndian.PutUint64(b[8:], uint64(ends))
	b = append(b, content...)
	binary.BigEndian.PutUint32(b[4:], checksum(b))
	return b
}

func checksum(framed []byte) uint32 {
	return crc32.Checksum(framed[8:], crc32.MakeTable(crc32.Castagnoli))
}

// unframe returns the content, part of framed, and when it ends.
func unframe(framed []byte) (content []byte, ends int64, err error) {
	ends, ok := parseHead(framed)
	if !ok || len(framed) > headBytes+contentBytes || binary.BigEndian.Uint32(framed[4:]) != checksum(framed) {
		return nil, 0, errDamaged
	}
	return framed[headBytes:], ends, nil
}

// parseHead reads the end of a file from its first bytes. The rest is not
// looked at.
func parseHead(head []byte) (ends int64, ok bool) {
	if len(head) < headBytes || string(head[:len(mark)]) != mark {
		return 0, false
	}
	ends = int64(binary.BigEndian.Uint64(head[8:]))
	if ends < 0 || ends > lastEnd {
		return 0, false
	}
	return ends, true
}
