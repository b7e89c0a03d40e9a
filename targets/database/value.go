package database

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Wire formats of values.
const (
	formatText   = 0
	formatBinary = 1
)

// postgresEpoch is the zero of binary timestamps, in Unix microseconds.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// timestampLayout is PostgreSQL's ISO style.
const timestampLayout = "2006-01-02 15:04:05.999999-07"

// decodeValue turns a parameter into what SQLite binds: int64, float64, string,
// []byte or nil. The result does not alias raw. A text of unknown type that is
// written like an integer is one.
func decodeValue(raw []byte, oid uint32, format int16) (any, *failure) {
	if raw == nil {
		return nil, nil
	}
	if format == formatBinary {
		return decodeBinary(raw, oid)
	}
	text := string(raw)
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return nil, fail(codeBadEncoding, "invalid byte sequence for encoding \"UTF8\"")
	}
	bad := func(kind string) (any, *failure) {
		return nil, fail(codeBadText, "invalid input syntax for type %s: %q", kind, clip(text))
	}
	switch oid {
	case 0:
		// SQLite orders every integer before every text, so a number must not be
		// bound as text. A column of texts makes it one again.
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
			return n, nil
		}
	case oidInt8, oidInt4, oidInt2, oidOID:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return bad("bigint")
		}
		return n, nil
	case oidFloat8, oidFloat4, oidNumeric:
		text = strings.TrimSpace(text)
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && oid == oidNumeric {
			return n, nil
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return bad("double precision")
		}
		return x, nil
	case oidBool:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "t", "true", "y", "yes", "on", "1":
			return int64(1), nil
		case "f", "false", "n", "no", "off", "0":
			return int64(0), nil
		}
		return bad("boolean")
	case oidBytea:
		if digits, ok := strings.CutPrefix(text, `\x`); ok {
			blob, err := hex.DecodeString(digits)
			if err != nil {
				return bad("bytea")
			}
			return blob, nil
		}
		if strings.Contains(text, `\`) {
			return nil, fail(codeUnsupported, "the escape format of bytea is not supported")
		}
		return []byte(text), nil
	}
	return text, nil
}

// clip shortens what a client sent for an error message.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}

// binarySize returns the length of a binary value, 0 when it varies.
func binarySize(oid uint32) int {
	switch oid {
	case oidBool:
		return 1
	case oidInt2:
		return 2
	case oidInt4, oidOID, oidFloat4:
		return 4
	case oidInt8, oidFloat8, oidTimestamp, oidTimestampTZ:
		return 8
	case oidUUID:
		return 16
	}
	return 0
}

func decodeBinary(raw []byte, oid uint32) (any, *failure) {
	if size := binarySize(oid); size > 0 && len(raw) != size {
		return nil, fail(codeBadBinary, "incorrect binary data format: %d bytes for a value of %d", len(raw), size)
	}
	switch oid {
	case oidBool:
		return int64(min(raw[0], 1)), nil
	case oidInt2:
		return int64(int16(binary.BigEndian.Uint16(raw))), nil
	case oidInt4:
		return int64(int32(binary.BigEndian.Uint32(raw))), nil
	case oidOID:
		return int64(binary.BigEndian.Uint32(raw)), nil
	case oidInt8:
		return int64(binary.BigEndian.Uint64(raw)), nil
	case oidFloat4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(raw))), nil
	case oidFloat8:
		return math.Float64frombits(binary.BigEndian.Uint64(raw)), nil
	case oidTimestamp, oidTimestampTZ:
		us := int64(binary.BigEndian.Uint64(raw))
		if us > math.MaxInt64/2 || us < math.MinInt64/2 {
			return nil, fail(codeUnsupported, "infinite timestamps are not supported")
		}
		return time.UnixMicro(us + postgresEpoch).UTC().Format(timestampLayout), nil
	case oidUUID:
		h := hex.EncodeToString(raw)
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
	case oidBytea:
		return append([]byte{}, raw...), nil
	case oidJSONB:
		if len(raw) == 0 || raw[0] != 1 {
			return nil, fail(codeBadBinary, "unsupported jsonb version")
		}
		return decodeValue(raw[1:], oidText, formatText)
	case 0, oidText, oidVarchar, oidBPChar, oidName, oidUnknown, oidJSON:
		return decodeValue(raw, oidText, formatText)
	}
	return nil, fail(codeUnsupported, "binary parameters of type %d are not supported", oid)
}
