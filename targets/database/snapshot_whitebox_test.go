package database

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/replication"
)

// alone is a group of one, as its own primary.
func alone(t *testing.T) *Server {
	t.Helper()
	s, err := New(targets.Database{Data: targets.Data{Users: 3}, Fsync: targets.FsyncOff, Connections: 5, Replication: &targets.Replication{
		Members: []string{"a"}, Primary: "a", Mode: targets.ModeAsynchronous, Lease: time.Second, Heartbeat: 10 * time.Millisecond}},
		Config{Role: "a", Directory: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); !s.member.group.Writable(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("a group of one never got its primary")
		}
	}
	return s
}

// as runs statements as a client.
func as(t *testing.T, s *Server, statements ...string) {
	t.Helper()
	conn, end, err := s.toPrimary(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	c, err := newClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range statements {
		if err := c.command(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func found(t *testing.T, s *Server, query string) (n int) {
	t.Helper()
	conn, end, err := s.toPrimary(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	c, err := newClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	var q question
	q.text.WriteString(query)
	if n, err = c.run(q); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSnapshotAndRestore(t *testing.T) {
	s := alone(t)
	m := s.member
	as(t, s, "CREATE TABLE hidden (note TEXT)", "INSERT INTO hidden VALUES ('1'), ('2'), ('3')", "DELETE FROM hidden WHERE note = '2'")
	var copied bytes.Buffer
	at, err := m.Snapshot(t.Context(), &copied)
	if err != nil || at != m.end() {
		t.Fatalf("a snapshot up to %v of %v: %v", at, m.end(), err)
	}
	as(t, s, "INSERT INTO hidden VALUES ('4')", "CREATE TABLE later (note TEXT)")
	end := m.end()

	// What is no whole snapshot changes nothing.
	damaged := append([]byte(nil), copied.Bytes()...)
	for i := len(damaged) / 2; i < len(damaged); i++ {
		damaged[i] ^= 0x55
	}
	for name, r := range map[string]io.Reader{"garbage": strings.NewReader("garbage"), "nothing": strings.NewReader(""),
		"damaged": bytes.NewReader(damaged), "cut short": bytes.NewReader(copied.Bytes()[:copied.Len()/2])} {
		if err := m.Restore(t.Context(), at, at.Index, r); err == nil {
			t.Errorf("%s was restored", name)
		}
	}
	if err := m.Restore(t.Context(), replication.Position{Term: 9, Index: 9}, at.Index, bytes.NewReader(copied.Bytes())); err == nil {
		t.Error("a snapshot of another position was restored")
	}
	if m.end() != end || found(t, s, "SELECT * FROM hidden") != 3 || m.keepsake.count() != 0 {
		t.Errorf("after snapshots that were refused: %v, %d kept aside", m.end(), m.keepsake.count())
	}

	if err := m.Restore(t.Context(), at, at.Index, bytes.NewReader(copied.Bytes())); err != nil {
		t.Fatal(err)
	}
	if m.end() != at {
		t.Errorf("the log ends at %v, not at %v", m.end(), at)
	}
	if n := found(t, s, "SELECT * FROM hidden WHERE rowid IN (1, 3)"); n != 2 {
		t.Errorf("%d rows with their own row numbers", n)
	}
	if n := found(t, s, "SELECT name FROM sqlite_schema WHERE name = 'later'"); n != 0 {
		t.Error("a table is there that the snapshot does not have")
	}
	kept := m.keepsake.list()
	if len(kept) != 2 || len(kept[0].Rows) != 1 || kept[0].Rows[0].Table != "hidden" || len(kept[1].SQL) != 1 {
		t.Errorf("kept aside: %+v", kept)
	}
	files, err := os.ReadDir(s.config.Directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), snapshotFile) || strings.HasPrefix(f.Name(), restoreFile) {
			t.Errorf("%s was left behind", f.Name())
		}
	}
}
