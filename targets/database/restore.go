package database

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// outcome of what is to be restored.
type outcome string

const (
	restored outcome = "restored"
	present  outcome = "present"
	conflict outcome = "conflict"
)

// restore does one transaction again, or finds out why it must not.
func (c *client) restore(d diverged) (outcome, string, error) {
	if len(d.Rows) == 0 {
		if len(d.SQL) > 0 {
			return conflict, "which rows it changed was not kept", nil
		}
		return present, "", nil
	}
	if err := c.command("BEGIN"); err != nil {
		return "", "", err
	}
	result := present
	for i, row := range d.Rows {
		one, reason, err := c.restoreRow(row)
		if err != nil {
			return "", "", errors.Join(err, c.undo(err))
		}
		if one == conflict {
			return conflict, fmt.Sprintf("row %d, of %s: %s", i+1, row.Table, reason), c.undo(nil)
		}
		if one == restored {
			result = restored
		}
	}
	if result == present {
		return result, "", c.undo(nil)
	}
	err := c.command("COMMIT")
	if refused := (refusal{}); errors.As(err, &refused) && refused.code == codeTooBig {
		return conflict, refused.Error(), nil // it was rolled back
	}
	return result, "", err
}

// undo ends a transaction after an error. A connection that is broken has none.
func (c *client) undo(after error) error {
	if after != nil && !errors.As(after, &refusal{}) {
		return nil
	}
	return c.command("ROLLBACK")
}

// restoreRow does one change of a row again.
func (c *client) restoreRow(row keptRow) (outcome, string, error) {
	for _, values := range [][]value{row.Before, row.After} {
		if values != nil && len(values) != len(row.Columns) {
			return conflict, "the table has other columns now", nil
		}
	}
	result, reason, err := c.tryRow(row)
	var refused refusal
	switch {
	case errors.Is(err, errTooLong):
		return conflict, err.Error(), nil
	case errors.As(err, &refused) && aboutData(refused.code):
		return conflict, refused.Error(), nil
	}
	return result, reason, err
}

// aboutData says whether an error is the row's own: a constraint, a value, a
// table or column that is not there. Any other says that the primary cannot
// write now.
func aboutData(code string) bool {
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") || strings.HasPrefix(code, "42") || code == codeTooBig
}

func (c *client) tryRow(row keptRow) (outcome, string, error) {
	// A table without a key can hold equal rows: one that is there stands for the
	// one that was inserted.
	if row.After != nil && (len(row.Key) == 0 || equalRows(row.Before, row.After)) {
		if n, err := c.run(row.ask("SELECT 1 FROM", row.After, nil)); err != nil || n > 0 {
			return present, "", err
		}
	}
	n, err := c.run(row.again())
	switch {
	case err != nil:
		return "", "", err
	case n == 1:
		return restored, "", nil
	case n > 1:
		return conflict, fmt.Sprintf("there are %d equal rows", n), nil
	}
	return c.compare(row)
}

// compare explains why a change found no row to change, or no room.
func (c *client) compare(row keptRow) (outcome, string, error) {
	if row.After != nil {
		n, err := c.run(row.ask("SELECT 1 FROM", row.After, nil))
		switch {
		case err != nil:
			return "", "", err
		case n > 0:
			return present, "", nil
		case row.Before == nil:
			return conflict, "its key is taken by a row with other values", nil
		}
	}
	n, err := c.run(row.ask("SELECT 1 FROM", row.Before, row.Key))
	switch {
	case err != nil:
		return "", "", err
	case n > 0:
		return conflict, "the row has been changed since", nil
	case row.After == nil:
		return present, "", nil
	}
	return conflict, "the row is gone", nil
}

func equalRows(a, b []value) bool { return a != nil && slices.Equal(a, b) }

// again is the statement that does the change again, if nothing came between.
func (row keptRow) again() question {
	switch {
	case row.Before == nil:
		var q question
		q.text.WriteString("INSERT INTO " + quoteName(row.Table) + " (")
		for i, name := range row.Columns {
			q.comma(i)
			q.text.WriteString(quoteName(name))
		}
		q.text.WriteString(") VALUES (")
		for i, v := range row.After {
			q.comma(i)
			q.add(v)
		}
		q.text.WriteString(") ON CONFLICT DO NOTHING")
		return q
	case row.After == nil:
		return row.ask("DELETE FROM", row.Before, nil)
	}
	var q question
	q.text.WriteString("UPDATE " + quoteName(row.Table) + " SET ")
	n := 0
	for i, v := range row.After {
		if v != row.Before[i] {
			q.comma(n)
			n++
			q.text.WriteString(quoteName(row.Columns[i]) + " = ")
			q.add(v)
		}
	}
	if n == 0 { // it is there as it was, or it is a conflict
		return row.ask("SELECT 1 FROM", row.After, nil)
	}
	q.where(row.Columns, row.Before, nil)
	return q
}

// ask is a statement about the rows with these values: in the key's columns, or
// in all columns when there is no key.
func (row keptRow) ask(what string, values []value, key []int) question {
	var q question
	q.text.WriteString(what + " " + quoteName(row.Table))
	q.where(row.Columns, values, key)
	return q
}

// question is a statement with its parameters.
type question struct {
	text    strings.Builder
	values  [][]byte
	types   []uint32
	formats []int16
}

func (q *question) comma(i int) {
	if i > 0 {
		q.text.WriteString(", ")
	}
}

// where compares columns with values: those of the key, or all when there is
// none. A null is written out, because it equals nothing.
func (q *question) where(columns []string, values []value, key []int) {
	q.text.WriteString(" WHERE ")
	if len(key) == 0 {
		for i := range columns {
			key = append(key, i)
		}
	}
	for n, i := range key {
		if n > 0 {
			q.text.WriteString(" AND ")
		}
		q.text.WriteString(quoteName(columns[i]))
		if values[i].Kind == "n" {
			q.text.WriteString(" IS NULL")
			continue
		}
		q.text.WriteString(" = ")
		q.add(values[i])
	}
}

// add writes a parameter with its value. Numbers go as text, and all else as it
// is.
func (q *question) add(v value) {
	raw, oid, format := []byte(v.Text), uint32(oidText), int16(formatText)
	switch decoded, _ := v.decode(); d := decoded.(type) { // it was decoded before it was kept
	case nil:
		raw = nil
	case int64:
		oid = oidInt8
	case float64:
		raw, oid = strconv.AppendFloat(nil, d, 'g', -1, 64), oidFloat8
	case []byte:
		raw, oid, format = notNil(d), oidBytea, formatBinary
	case string:
		raw = notNil([]byte(d))
	}
	q.values = append(q.values, raw)
	q.types = append(q.types, oid)
	q.formats = append(q.formats, format)
	q.text.WriteString("$" + strconv.Itoa(len(q.values)))
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
