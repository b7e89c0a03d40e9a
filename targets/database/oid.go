package database

import "strings"

// Object identifiers of PostgreSQL's types, from its catalog pg_type. 0 means
// unspecified.
const (
	oidBool        = 16
	oidBytea       = 17
	oidName        = 19
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidText        = 25
	oidOID         = 26
	oidJSON        = 114
	oidFloat4      = 700
	oidFloat8      = 701
	oidUnknown     = 705
	oidBPChar      = 1042
	oidVarchar     = 1043
	oidTimestamp   = 1114
	oidTimestampTZ = 1184
	oidNumeric     = 1700
	oidUUID        = 2950
	oidJSONB       = 3802
)

// oidOfType returns the OID of a type name in lower case, 0 when it is unknown.
func oidOfType(name string) uint32 {
	switch name {
	case "bigint", "int8", "bigserial":
		return oidInt8
	case "int", "int4", "integer", "serial":
		return oidInt4
	case "smallint", "int2":
		return oidInt2
	case "text":
		return oidText
	case "varchar", "character varying":
		return oidVarchar
	case "char", "character", "bpchar":
		return oidBPChar
	case "double precision", "float8", "float":
		return oidFloat8
	case "real", "float4":
		return oidFloat4
	case "numeric", "decimal":
		return oidNumeric
	case "bytea":
		return oidBytea
	case "bool", "boolean":
		return oidBool
	case "uuid":
		return oidUUID
	case "json":
		return oidJSON
	case "jsonb":
		return oidJSONB
	case "timestamp":
		return oidTimestamp
	case "timestamptz":
		return oidTimestampTZ
	}
	return 0
}

// oidOfColumn returns the OID under which a column of that declared type is sent,
// 0 when it has none. All integers are sent as int8: SQLite does not keep them
// smaller. The rules are SQLite's for column affinity.
func oidOfColumn(declared string) uint32 {
	d := strings.ToUpper(declared)
	switch {
	case d == "":
		return 0
	case strings.Contains(d, "BOOL"):
		return oidBool
	case strings.Contains(d, "INT"), strings.Contains(d, "SERIAL"):
		return oidInt8
	case strings.Contains(d, "CHAR"), strings.Contains(d, "CLOB"), strings.Contains(d, "TEXT"):
		return oidText
	case strings.Contains(d, "BLOB"), strings.Contains(d, "BYTEA"):
		return oidBytea
	case strings.Contains(d, "REAL"), strings.Contains(d, "FLOA"), strings.Contains(d, "DOUB"),
		strings.Contains(d, "NUMERIC"), strings.Contains(d, "DECIMAL"):
		return oidFloat8
	}
	return oidText
}

// isInteger reports whether values of the type are bound as integers.
func isInteger(oid uint32) bool {
	return oid == oidInt8 || oid == oidInt4 || oid == oidInt2 || oid == oidOID
}

// result returns the type under which results of a type are sent: the smaller
// types of an expression's cast are widened to what SQLite really computes.
func result(oid uint32) uint32 {
	switch oid {
	case oidInt2, oidInt4, oidOID, oidInt8:
		return oidInt8
	case oidFloat4, oidFloat8, oidNumeric:
		return oidFloat8
	case oidBool, oidBytea:
		return oid
	}
	return oidText
}
