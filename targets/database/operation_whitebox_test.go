package database

import (
	"bytes"
	"database/sql/driver"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestValuesSurviveTheLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.Map(rapid.Int64(), func(n int64) driver.Value { return n }),
			rapid.Map(rapid.Float64(), func(f float64) driver.Value { return f }),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) driver.Value { return string(b) }),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 20), func(b []byte) driver.Value { return b }),
			rapid.Just(driver.Value(nil)),
			rapid.SampledFrom([]driver.Value{math.Inf(1), math.Copysign(0, -1), int64(math.MinInt64)}),
		).Draw(t, "value")
		encoded, err := encodeValue(v)
		if err != nil {
			t.Fatal(err)
		}
		b, err := encodeOperation([]change{{SQL: "x", Args: []value{encoded}}})
		if err != nil {
			t.Fatal(err)
		}
		changes, err := decodeOperation(b)
		if err != nil || len(changes) != 1 {
			t.Fatalf("%v, %v", changes, err)
		}
		args, err := changes[0].arguments()
		if err != nil || !reflect.DeepEqual(args[0].Value, v) {
			t.Fatalf("%#v became %#v, %v", v, args[0].Value, err)
		}
	})
}

// FuzzOperation wants that what is taken for an entry of the log is one.
func FuzzOperation(f *testing.F) {
	f.Add([]byte(`[{"sql":"x","args":[{"k":"i","t":"1"},{"k":"s","t":"y"},{"k":"n"}],"schema":true}]`))
	f.Add([]byte(`[{"sql":"x","args":[{"k":"b","t":"eA=="},{"k":"t","t":"/w=="},{"k":"f","t":"7ff0000000000000"}]}]`))
	f.Add([]byte(`[{"sql":"x","args":[{"k":"i","t":"one"}]}]`))
	f.Add([]byte(`[{"sql":"x"},{"args":[{"k":"n"}]},{"sql":"y"}]`))
	f.Add([]byte(`[{"args":[{"k":"n"}]},{"sql":"x"}]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		changes, err := decodeOperation(data)
		if err != nil {
			return
		}
		for _, c := range changes {
			if _, err := c.arguments(); err != nil || c.SQL == "" {
				t.Errorf("a change that cannot be run: %+v, %v", c, err)
			}
		}
		again, err := encodeOperation(changes)
		if err != nil {
			return // too large, because it is written in another way
		}
		if back, err := decodeOperation(again); err != nil || len(back) != len(changes) || len(back) > 0 && !reflect.DeepEqual(back, changes) {
			t.Errorf("%s does not come back: %v, %v", again, back, err)
		}
	})
}

// FuzzImages wants that rows which are taken for those of an entry can be
// restored.
func FuzzImages(f *testing.F) {
	f.Add([]byte(`[{"table":"users","before":[{"k":"i","t":"1"}],"after":[{"k":"i","t":"2"}]}]`))
	f.Add([]byte(`[{"table":"users","after":[{"k":"n"}]}]`))
	f.Add([]byte(`[{"table":"users"}]`))
	f.Add([]byte(`[{"table":"users","before":[],"after":[{"k":"x"}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		images, err := decodeImages(data)
		if err != nil {
			return
		}
		for _, im := range images {
			row := keptRow{image: im}
			for i := range max(len(im.Before), len(im.After)) {
				row.Columns = append(row.Columns, strconv.Itoa(i)+`"`)
			}
			q := row.again()
			if len(q.values) != len(q.types) || len(q.values) != len(q.formats) {
				t.Errorf("%d values, %d types, %d formats", len(q.values), len(q.types), len(q.formats))
			}
			if len(row.Columns) == 0 {
				continue // no table is like that
			}
			if _, refused := parse(q.text.String()); refused != nil {
				t.Errorf("%s: %v", &q.text, refused)
			}
		}
	})
}

func TestKeepsakeSurvives(t *testing.T) {
	dir := t.TempDir()
	k, fresh, err := openKeepsake(dir, false)
	if err != nil || !fresh || !k.ballot().Joined {
		t.Fatalf("an empty directory: fresh %t, %+v, %v", fresh, k.ballot(), err)
	}
	if err := k.cast(func(b *ballot) { b.Term, b.Vote = 7, "b" }); err != nil {
		t.Fatal(err)
	}
	kept := []diverged{
		{Index: 3, Term: 1, Rows: []keptRow{{image: image{Table: "t", After: []value{{"s", "a\u2028b"}}}, Columns: []string{"c"}, Key: []int{0}}}},
		{Index: 4, Term: 1, SQL: []string{"CREATE TABLE x (y)"}},
	}
	// Putting the same aside again, after a restore that was cut short, changes
	// nothing.
	for _, more := range [][]diverged{kept[:1], kept} {
		if err := k.add(more); err != nil {
			t.Fatal(err)
		}
	}
	again, fresh, err := openKeepsake(dir, true) // what is there counts, not what the directory was meant for
	if err != nil || fresh || again.ballot() != (ballot{7, "b", true}) || !reflect.DeepEqual(again.list(), kept) {
		t.Errorf("after a restart: fresh %t, %+v, %v, %v", fresh, again.ballot(), again.list(), err)
	}
	if err := again.settle(map[place]bool{{1, 3}: true}, map[place]string{{1, 4}: "why", {2, 4}: "no such one"}); err != nil {
		t.Fatal(err)
	}
	kept[1].Reason = "why"
	if k, _, err := openKeepsake(dir, false); err != nil || !reflect.DeepEqual(k.list(), kept[1:]) {
		t.Errorf("after one was done: %+v, %v", k.list(), err)
	}
	if k, fresh, err := openKeepsake(t.TempDir(), true); err != nil || fresh || k.ballot().Joined {
		t.Errorf("a replacement: fresh %t, %+v, %v", fresh, k.ballot(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, voteFile), bytes.Repeat([]byte("x"), 9), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openKeepsake(dir, false); err == nil {
		t.Error("a damaged vote was accepted")
	}
}
