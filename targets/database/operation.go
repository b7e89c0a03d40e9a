package database

import (
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxOperation bounds what one transaction ships to replicas, in bytes.
const maxOperation = 1 << 20

// change is one writing statement of a committed transaction, as replicas run
// it again.
type change struct {
	// SQL is the text for SQLite, and Args its parameters. On the wire and on
	// the disk an empty text is that of the change before.
	SQL  string  `json:"sql,omitempty"`
	Args []value `json:"args,omitempty"`
	// Page is that of the row which it changes, when it is known.
	Page string `json:"page,omitempty"`
	// Schema says that it makes a table or an index.
	Schema bool `json:"schema,omitempty"`
}

// value is a parameter or a column: its kind and its text. Kinds are i (integer),
// f (the bits of a float), s (text), t (text that is not UTF-8), b (bytes) and n
// (null).
type value struct {
	Kind string `json:"k"`
	Text string `json:"t,omitempty"`
}

var errOperation = errors.New("not an operation of the log")

func encodeValue(v driver.Value) (value, error) {
	switch v := v.(type) {
	case nil:
		return value{Kind: "n"}, nil
	case int64:
		return value{"i", strconv.FormatInt(v, 10)}, nil
	case bool:
		if v {
			return value{"i", "1"}, nil
		}
		return value{"i", "0"}, nil
	case float64:
		return value{"f", strconv.FormatUint(math.Float64bits(v), 16)}, nil
	case string:
		if utf8.ValidString(v) {
			return value{"s", v}, nil
		}
		return value{"t", base64.StdEncoding.EncodeToString([]byte(v))}, nil // JSON would spoil it
	case []byte:
		return value{"b", base64.StdEncoding.EncodeToString(v)}, nil
	}
	return value{}, fmt.Errorf("a value of type %T cannot be shipped", v)
}

// decode returns what encodeValue was given: nil, int64, float64, string or
// []byte.
func (v value) decode() (driver.Value, error) {
	switch v.Kind {
	case "n":
		return nil, nil
	case "i":
		return strconv.ParseInt(v.Text, 10, 64)
	case "f":
		bits, err := strconv.ParseUint(v.Text, 16, 64)
		return math.Float64frombits(bits), err
	case "s":
		return v.Text, nil
	case "t":
		b, err := base64.StdEncoding.DecodeString(v.Text)
		return string(b), err
	case "b":
		return base64.StdEncoding.DecodeString(v.Text)
	}
	return nil, fmt.Errorf("%w: a value of kind %q", errOperation, clip(v.Kind))
}

// arguments are the parameters for SQLite.
func (c change) arguments() ([]driver.NamedValue, error) {
	args := make([]driver.NamedValue, len(c.Args))
	for i, a := range c.Args {
		v, err := a.decode()
		if err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args, nil
}

// newChange notes a statement that was run.
func newChange(st *statement, args []driver.NamedValue) (change, error) {
	c := change{SQL: st.sql, Page: st.key.page(args), Schema: st.verb == verbCreateTable || st.verb == verbCreateIndex}
	for _, a := range args {
		v, err := encodeValue(a.Value)
		if err != nil {
			return c, err
		}
		c.Args = append(c.Args, v)
	}
	return c, nil
}

func encodeOperation(changes []change) ([]byte, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	short := slices.Clone(changes)
	for i := len(short) - 1; i > 0; i-- {
		if short[i].SQL == short[i-1].SQL {
			short[i].SQL = ""
		}
	}
	b, err := json.Marshal(short)
	if err != nil {
		return nil, err
	}
	if len(b) > maxOperation {
		return nil, fail(codeTooBig, "a transaction of %d bytes is too large to be replicated: at most %d", len(b), maxOperation)
	}
	return b, nil
}

// decodeOperation reads an entry of the log; an empty one has no changes. All
// parameters of what it returns can be decoded.
func decodeOperation(b []byte) ([]change, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if len(b) > maxOperation {
		return nil, fmt.Errorf("%w: %d bytes", errOperation, len(b))
	}
	var changes []change
	if err := json.Unmarshal(b, &changes); err != nil {
		return nil, fmt.Errorf("%w: %w", errOperation, err)
	}
	for i, c := range changes {
		if c.SQL == "" && i > 0 {
			c.SQL = changes[i-1].SQL
			changes[i] = c
		}
		if c.SQL == "" || len(c.Args) > maxParam {
			return nil, errOperation
		}
		if _, err := c.arguments(); err != nil {
			return nil, fmt.Errorf("%w: %w", errOperation, err)
		}
	}
	return changes, nil
}

// undetermined returns the name of what makes the result of a statement differ
// from member to member, because the data alone does not determine it. Empty
// when there is nothing of the sort.
func undetermined(tokens []token) string {
	for i, t := range tokens {
		switch name := t.name(); name {
		case "current_timestamp", "current_date", "current_time":
			return name
		case "random", "randomblob", "datetime", "date", "time", "julianday", "strftime", "unixepoch", "timediff", "changes",
			"total_changes", "last_insert_rowid", "sqlite_version", "sqlite_source_id", "sqlite_offset":
			if i+1 < len(tokens) && tokens[i+1].is("(") {
				return name
			}
		}
	}
	return ""
}

// own says that a table belongs to the server.
func own(table string) bool { return strings.HasPrefix(strings.ToLower(table), "rung_") }
