package database

import (
	"context"
	"database/sql/driver"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestRestoreRow restores any change of a row into a table with any rows, and
// compares with a model: what is there before the change is changed, what is
// there after it is left, and anything else is a conflict.
func TestRestoreRow(t *testing.T) {
	s := alone(t)
	as(t, s, `CREATE TABLE "Odd ""name" (id INTEGER PRIMARY KEY, "a b" TEXT, x REAL, y BLOB)`)
	conn, end, err := s.toPrimary(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	c, err := newClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	const table = `"Odd ""name"`
	values := func(t *rapid.T, name string) []value {
		if rapid.IntRange(0, 3).Draw(t, name+" is there") == 0 {
			return nil
		}
		row := []driver.Value{int64(rapid.IntRange(1, 2).Draw(t, name+" id")), rapid.SampledFrom([]driver.Value{nil, "", "é'\\", "7"}).Draw(t, name+" text"),
			rapid.SampledFrom([]driver.Value{nil, 0.1, 1e300}).Draw(t, name+" real"), rapid.SampledFrom([]driver.Value{nil, []byte{}, []byte{0, 0xff}}).Draw(t, name+" bytes")}
		encoded := make([]value, len(row))
		for i, v := range row {
			encoded[i], _ = encodeValue(v)
		}
		return encoded
	}
	rapid.Check(t, func(t *rapid.T) {
		row := keptRow{image: image{Table: `Odd "name`, Before: values(t, "before"), After: values(t, "after")}, Columns: []string{"id", "a b", "x", "y"}, Key: []int{0}}
		if row.Before == nil && row.After == nil {
			return
		}
		if err := c.command("DELETE FROM " + table); err != nil {
			t.Fatal(err)
		}
		there := map[string][]value{} // by id
		for _, name := range []string{"one", "two"} {
			present := values(t, name)
			if rapid.Bool().Draw(t, name+" is like before") && row.Before != nil {
				present = row.Before
			}
			if present == nil || there[present[0].Text] != nil {
				continue
			}
			there[present[0].Text] = present
			if n, err := c.run((keptRow{image: image{Table: `Odd "name`, After: present}, Columns: row.Columns}).again()); err != nil || n != 1 {
				t.Fatalf("insert: %d, %v", n, err)
			}
		}
		want := model(there, row)
		got, reason, err := c.restoreRow(row)
		if err != nil || got != want || (got == conflict) != (reason != "") {
			t.Fatalf("%s (%s), %v; want %s", got, reason, err, want)
		}
		total := 0
		for _, present := range there {
			total++
			if n, err := c.run((keptRow{image: row.image, Columns: row.Columns}).ask("SELECT 1 FROM", present, nil)); err != nil || n != 1 {
				t.Fatalf("%v is there %d times, %v", present, n, err)
			}
		}
		var all question
		all.text.WriteString("SELECT 1 FROM " + table)
		if n, err := c.run(all); err != nil || n != total {
			t.Fatalf("%d rows, want %d, %v", n, total, err)
		}
	})
}

// model is what restoring a row must do to a table.
func model(there map[string][]value, row keptRow) outcome {
	at := func(values []value) bool {
		return values != nil && fmt.Sprint(there[values[0].Text]) == fmt.Sprint(values)
	}
	free := func(values []value) bool { return there[values[0].Text] == nil }
	switch {
	case row.Before == nil && free(row.After):
		there[row.After[0].Text] = row.After
		return restored
	case row.Before == nil && at(row.After), row.After == nil && free(row.Before):
		return present
	case row.After == nil && at(row.Before):
		delete(there, row.Before[0].Text)
		return restored
	case row.Before == nil, row.After == nil:
		return conflict
	case at(row.Before) && fmt.Sprint(row.Before) == fmt.Sprint(row.After):
		return present
	case at(row.Before) && (free(row.After) || row.Before[0] == row.After[0]):
		delete(there, row.Before[0].Text)
		there[row.After[0].Text] = row.After
		return restored
	case at(row.Before):
		return conflict // another row has the new key
	case at(row.After):
		return present
	}
	return conflict
}
