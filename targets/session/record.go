package session

import (
	"encoding/binary"
	"time"
)

// A record is a session in 25 bytes: the version, then the user, the login
// and the end as big-endian 64-bit integers, times in Unix nanoseconds. That
// covers the years 1678 to 2262.
const (
	recordVersion = 1
	recordBytes   = 1 + 3*8
)

func encode(s Session) []byte {
	b := make([]byte, 0, recordBytes)
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(s.User))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Login.UnixNano()))
	return binary.BigEndian.AppendUint64(b, uint64(s.Expires.UnixNano()))
}

// decode reads a record. Ok is false for other lengths and other versions.
func decode(b []byte) (s Session, ok bool) {
	if len(b) != recordBytes || b[0] != recordVersion {
		return Session{}, false
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[1+8*i:])) }
	return Session{User: number(0), Login: time.Unix(0, number(1)), Expires: time.Unix(0, number(2))}, true
}
