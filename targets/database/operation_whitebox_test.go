package database

import (
	"bytes"
	"database/sql/driver"
	"math"
	"os"
	"path/filepath"
	"reflect"
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

func TestInsertColumns(t *testing.T) {
	for text, want := range map[string][]string{
		"INSERT INTO posts (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING": {"id", "body"},
		`INSERT INTO posts ("Id", body) VALUES ($1, $2)`:                      {"id", "body"},
		"INSERT INTO posts VALUES ($1, $2)":                                   nil,
		"INSERT INTO posts (id, body) VALUES ($2, $1)":                        nil,
		"INSERT INTO posts (id, body) VALUES ($1, 'x')":                       nil,
		"INSERT INTO posts (id, body) VALUES ($1, $2), ($3, $4)":              nil,
		"INSERT INTO posts (id) SELECT $1":                                    nil,
		"DELETE FROM posts WHERE id = $1":                                     nil,
	} {
		statements, f := parse(text)
		if f != nil {
			t.Fatal(f)
		}
		if _, got := insertColumns(statements[0]); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: columns %v, want %v", text, got, want)
		}
	}
}

// FuzzOperation wants that what is taken for an entry of the log is one.
func FuzzOperation(f *testing.F) {
	f.Add([]byte(`[{"sql":"x","args":[{"k":"i","t":"1"}],"verb":"INSERT"}]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		changes, err := decodeOperation(data)
		if err != nil {
			return
		}
		for _, c := range changes {
			if c.SQL == "" {
				t.Error("a change without a statement")
			}
			if _, err := c.arguments(); err != nil {
				return
			}
		}
		again, err := encodeOperation(changes)
		if err != nil {
			return // too large
		}
		if back, err := decodeOperation(again); err != nil || len(back) != len(changes) {
			t.Errorf("%s does not come back: %v", again, err)
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
	kept := []diverged{{Index: 3, Term: 1, Common: 2, Change: []change{{SQL: "INSERT", Args: []value{{"t", "eA=="}}}}}}
	if err := k.replace(kept); err != nil {
		t.Fatal(err)
	}
	again, fresh, err := openKeepsake(dir, true) // what is there counts, not what the directory was meant for
	if err != nil || fresh || again.ballot() != (ballot{7, "b", true}) || !reflect.DeepEqual(again.list(), kept) {
		t.Errorf("after a restart: fresh %t, %+v, %v, %v", fresh, again.ballot(), again.list(), err)
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
