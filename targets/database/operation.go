package database

import (
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxOperation bounds what one transaction ships to replicas, in bytes.
const maxOperation = 1 << 20

// change is one writing statement of a committed transaction, as replicas run
// it again.
type change struct {
	// SQL is the text for SQLite, and Args its parameters.
	SQL  string  `json:"sql"`
	Args []value `json:"args,omitempty"`
	Verb verb    `json:"verb"`
	// Key is the page of the row that it changes, when it is known: two
	// changes of one key are about the same row.
	Key string `json:"key,omitempty"`
	// Table and Columns are those of an INSERT whose values are its
	// parameters in order.
	Table   string   `json:"table,omitempty"`
	Columns []string `json:"columns,omitempty"`
}

// value is a parameter: its kind (i, f, t, b, n) and its text.
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
		return value{"t", base64.StdEncoding.EncodeToString([]byte(v))}, nil // any bytes survive
	case []byte:
		return value{"b", base64.StdEncoding.EncodeToString(v)}, nil
	}
	return value{}, fmt.Errorf("a parameter of type %T cannot be shipped", v)
}

func (v value) decode() (driver.Value, error) {
	switch v.Kind {
	case "n":
		return nil, nil
	case "i":
		return strconv.ParseInt(v.Text, 10, 64)
	case "f":
		bits, err := strconv.ParseUint(v.Text, 16, 64)
		return math.Float64frombits(bits), err
	case "t":
		b, err := base64.StdEncoding.DecodeString(v.Text)
		return string(b), err
	case "b":
		return base64.StdEncoding.DecodeString(v.Text)
	}
	return nil, errOperation
}

// arguments are the parameters for SQLite.
func (c change) arguments() ([]driver.NamedValue, error) {
	args := make([]driver.NamedValue, len(c.Args))
	for i, a := range c.Args {
		v, err := a.decode()
		if err != nil {
			return nil, fmt.Errorf("%w: parameter %d: %w", errOperation, i+1, err)
		}
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args, nil
}

// newChange notes a statement that was run.
func newChange(st *statement, args []driver.NamedValue) (change, error) {
	c := change{SQL: st.sql, Verb: st.verb, Key: st.row.page(args)}
	c.Table, c.Columns = insertColumns(st)
	for _, a := range args {
		v, err := encodeValue(a.Value)
		if err != nil {
			return c, err
		}
		c.Args = append(c.Args, v)
	}
	return c, nil
}

// insertColumns reads INSERT INTO table (columns) VALUES ($1, $2, ...), with
// parameters in order; nothing for any other form.
func insertColumns(st *statement) (table string, columns []string) {
	if st.verb != verbInsert || len(st.tables) == 0 {
		return "", nil
	}
	i := 0
	for i < len(st.tokens) && !st.tokens[i].is("(") {
		i++
	}
	for i++; i < len(st.tokens) && !st.tokens[i].is(")"); i++ {
		if name := st.tokens[i].name(); name != "" {
			columns = append(columns, name)
		} else if !st.tokens[i].is(",") {
			return "", nil
		}
	}
	if st.word(i+1) != "values" || i+2 >= len(st.tokens) || !st.tokens[i+2].is("(") {
		return "", nil
	}
	next := 1
	for i += 3; i < len(st.tokens) && !st.tokens[i].is(")"); i++ {
		switch t := st.tokens[i]; {
		case t.param == next:
			next++
		case !t.is(","):
			return "", nil
		}
	}
	if next-1 != len(columns) || st.params != len(columns) {
		return "", nil
	}
	return st.tables[0].table, columns
}

func encodeOperation(changes []change) ([]byte, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(changes)
	if err != nil {
		return nil, err
	}
	if len(b) > maxOperation {
		return nil, fail(codeTooBig, "a transaction of %d bytes is too large to be replicated: at most %d", len(b), maxOperation)
	}
	return b, nil
}

// decodeOperation reads an entry of the log; an empty one has no changes.
func decodeOperation(b []byte) ([]change, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var changes []change
	if err := json.Unmarshal(b, &changes); err != nil {
		return nil, fmt.Errorf("%w: %w", errOperation, err)
	}
	for _, c := range changes {
		if c.SQL == "" {
			return nil, errOperation
		}
	}
	return changes, nil
}

// undetermined returns the name of a function of a statement whose result is
// not determined by the data: it would differ on every member. Empty when there
// is none.
func undetermined(tokens []token) string {
	for i, t := range tokens {
		switch t.low {
		case "current_timestamp", "current_date", "current_time":
			return t.low
		case "random", "randomblob", "datetime", "date", "time", "julianday", "strftime", "unixepoch", "timediff", "changes",
			"total_changes", "last_insert_rowid", "sqlite_version", "sqlite_source_id":
			if i+1 < len(tokens) && tokens[i+1].is("(") {
				return t.low
			}
		}
	}
	return ""
}

// own says that a table belongs to the server.
func own(table string) bool { return strings.HasPrefix(table, "rung_") }
