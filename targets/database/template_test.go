package database_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"rung/targets"
	"rung/targets/database"
)

// filled lists the files of a template.
func filled(t *testing.T, directory string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			files = append(files, filepath.Join(directory, e.Name()))
		}
	}
	return files
}

// TestTemplate starts several servers at once for the same data, and for other
// data: each holds its own, and each content was filled once.
func TestTemplate(t *testing.T) {
	t.Parallel()
	template := filepath.Join(t.TempDir(), "not", "there")
	query := "SELECT id, name, city FROM users"
	want := map[string][]string{}
	servers := map[string][]*running{}
	var starting sync.WaitGroup
	var mu sync.Mutex
	for _, name := range []string{"s0", "s1", "s2", "s3", "s4"} {
		for range 3 {
			starting.Go(func() {
				s := start(t, shardSpec(name), database.Config{Owns: ownsModulo(name), Template: template})
				mu.Lock()
				defer mu.Unlock()
				servers[name] = append(servers[name], s)
			})
		}
	}
	starting.Wait()
	for name, list := range servers {
		alone := start(t, shardSpec(name), database.Config{Owns: ownsModulo(name)})
		want[name] = rowsOf(t, connect(t, alone.address, ""), query)
		for _, s := range list {
			c := connect(t, s.address, "")
			if got := rowsOf(t, c, query); !slices.Equal(got, want[name]) {
				t.Errorf("%s holds %q, want %q", name, got, want[name])
			}
			// It may write, and nobody else sees it.
			if _, err := c.Exec(t.Context(), "DELETE FROM orders"); err != nil {
				t.Error(err)
			}
			if _, err := c.Exec(t.Context(), "DELETE FROM users"); err != nil {
				t.Error(err)
			}
		}
	}
	files := filled(t, template)
	if len(files) != 5 {
		t.Errorf("the template has %q, want a file for each shard", files)
	}
	for name := range servers {
		s := start(t, shardSpec(name), database.Config{Owns: ownsModulo(name), Template: template})
		if got := rowsOf(t, connect(t, s.address, ""), query); !slices.Equal(got, want[name]) {
			t.Errorf("%s holds %q after others wrote, want %q", name, got, want[name])
		}
	}
	if after := filled(t, template); !slices.Equal(after, files) {
		t.Errorf("the template has %q, and had %q", after, files)
	}
}

// TestTemplateIsByContent: who is in it counts, not only what the specification
// says.
func TestTemplateIsByContent(t *testing.T) {
	template := t.TempDir()
	fill := func(sp targets.Database, owns func(int64) bool) int {
		s, err := database.New(sp, database.Config{Role: "x", Directory: t.TempDir(), Template: template, Owns: owns})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return len(filled(t, template))
	}
	sp := shardSpec("s1")
	more := sp
	more.Data.OrdersPerUser++
	for i, x := range []struct {
		sp   targets.Database
		owns func(int64) bool
		want int
	}{
		{sp, ownsModulo("s1"), 1},
		{sp, ownsModulo("s1"), 1},
		{sp, ownsModulo("s2"), 2},
		{sp, nil, 3},
		{sp, func(user int64) bool { return user < 60 }, 4},
		{shardSpec("s2"), ownsModulo("s1"), 5},
		{more, ownsModulo("s1"), 6},
		{spec(), nil, 7},
		{sp, nil, 7},
	} {
		if got := fill(x.sp, x.owns); got != x.want {
			t.Errorf("after step %d the template has %d files, want %d", i, got, x.want)
		}
	}
}

// TestTemplateAfterAKill: what a process that was killed left behind is in
// nobody's way, and a file that is not whole is not taken for data.
func TestTemplateAfterAKill(t *testing.T) {
	template := t.TempDir()
	open := func(directory string) error {
		s, err := database.New(spec(), database.Config{Role: "x", Directory: directory, Template: template})
		if err != nil {
			return err
		}
		return s.Close()
	}
	if err := open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	file := filled(t, template)[0]
	if err := os.Rename(file, strings.TrimSuffix(file, ".db")+".part"); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(strings.TrimSuffix(file, ".db")+".part", 5000); err != nil {
		t.Fatal(err)
	}
	if err := open(t.TempDir()); err != nil {
		t.Errorf("with a file that was not finished: %v", err)
	}
	if got := filled(t, template); len(got) != 1 || got[0] != file {
		t.Errorf("the template has %q", got)
	}
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	if err := open(directory); err == nil || !strings.Contains(err.Error(), template) {
		t.Errorf("an empty template: %v", err)
	}
	if _, err := os.Stat(filepath.Join(directory, "rung.db")); !os.IsNotExist(err) {
		t.Errorf("a database was made of an empty template: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := open(directory); err != nil {
		t.Errorf("after the template was removed: %v", err)
	}
}
