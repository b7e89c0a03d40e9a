package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// requestBytes bounds a request id.
const requestBytes = 128

// Named says whether id may be a request id: 1 to 128 printable ASCII
// characters, space among them but not at either end, where headers lose it.
func Named(id string) bool {
	if id == "" || len(id) > requestBytes || id[0] == ' ' || id[len(id)-1] == ' ' {
		return false
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// TraceOf is the trace id of a request that comes with nothing but its id. A
// UUID or 32 hexadecimal digits are the trace id themselves; of anything else
// it is the first 16 bytes of the SHA-256. It is never all zero.
func TraceOf(requestID string) [16]byte {
	if id, ok := literal(requestID); ok {
		return id
	}
	sum := sha256.Sum256([]byte(requestID))
	return [16]byte(sum[:16])
}

// literal reads a UUID (8-4-4-4-12) or 32 hexadecimal digits, of either case.
func literal(s string) (id [16]byte, ok bool) {
	switch len(s) {
	case 32:
	case 36:
		if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return id, false
		}
		s = strings.Join([]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]}, "")
	default:
		return id, false
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return [16]byte{}, false
	}
	return id, id != [16]byte{}
}
