package database

import (
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// column is one column of a result.
type column struct {
	name string
	oid  uint32
}

// describe makes the RowDescription of a result.
func describe(columns []column, formats []int16) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{Fields: make([]pgproto3.FieldDescription, len(columns))}
	for i, c := range columns {
		size := int16(-1)
		switch c.oid {
		case oidInt8, oidFloat8:
			size = 8
		case oidBool:
			size = 1
		}
		d.Fields[i] = pgproto3.FieldDescription{
			Name: []byte(c.name), DataTypeOID: c.oid, DataTypeSize: size, TypeModifier: -1,
			Format: formatAt(formats, i),
		}
	}
	return d
}

// formatAt applies the protocol's rule for a list of formats: none means text,
// one is for all.
func formatAt(formats []int16, i int) int16 {
	switch {
	case len(formats) == 0:
		return formatText
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return formatText
}

// appendRow appends a DataRow message.
func appendRow(b []byte, columns []column, formats []int16, row []driver.Value) ([]byte, *failure) {
	start := len(b)
	b = append(b, 'D', 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(row)))
	for i, v := range row {
		if v == nil {
			b = append(b, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		at := len(b)
		b = append(b, 0, 0, 0, 0)
		var f *failure
		if formatAt(formats, i) == formatBinary {
			b, f = appendBinary(b, columns[i], v)
		} else {
			b = appendText(b, columns[i].oid, v)
		}
		if f != nil {
			return b[:start], f
		}
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	}
	binary.BigEndian.PutUint32(b[start+1:], uint32(len(b)-start-1))
	return b, nil
}

// appendText appends a value in text format. A value of another type than its
// column's is sent as it is.
func appendText(b []byte, oid uint32, v driver.Value) []byte {
	switch v := v.(type) {
	case int64:
		if oid == oidBool {
			return append(b, "ft"[truth(v)])
		}
		return strconv.AppendInt(b, v, 10)
	case float64:
		switch {
		case math.IsInf(v, 1):
			return append(b, "Infinity"...)
		case math.IsInf(v, -1):
			return append(b, "-Infinity"...)
		case v != 0 && (math.Abs(v) < 1e-4 || math.Abs(v) >= 1e15):
			return strconv.AppendFloat(b, v, 'e', -1, 64)
		}
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case string:
		return append(b, v...)
	case []byte:
		b = append(b, `\x`...)
		return hex.AppendEncode(b, v)
	case time.Time:
		return v.AppendFormat(b, timestampLayout)
	}
	return b
}

// truth is 1 for every number but zero, as in SQLite.
func truth(n int64) byte {
	if n != 0 {
		return 1
	}
	return 0
}

// appendBinary appends a value in the binary format of its column's type.
func appendBinary(b []byte, c column, v driver.Value) ([]byte, *failure) {
	switch c.oid {
	case oidInt8:
		switch v := v.(type) {
		case int64:
			return binary.BigEndian.AppendUint64(b, uint64(v)), nil
		case string:
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				return binary.BigEndian.AppendUint64(b, uint64(n)), nil
			}
		}
	case oidFloat8:
		switch v := v.(type) {
		case float64:
			return binary.BigEndian.AppendUint64(b, math.Float64bits(v)), nil
		case int64:
			return binary.BigEndian.AppendUint64(b, math.Float64bits(float64(v))), nil
		}
	case oidBool:
		if n, ok := v.(int64); ok {
			return append(b, truth(n)), nil
		}
	case oidBytea:
		switch v := v.(type) {
		case []byte:
			return append(b, v...), nil
		case string:
			return append(b, v...), nil
		}
	default: // text: both formats are the same
		return appendText(b, c.oid, v), nil
	}
	return b, fail(codeMismatch, "column %q holds a %T, which its type cannot carry in binary format", c.name, v)
}
