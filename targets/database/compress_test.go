package database_test

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"rung/targets"
)

// TestCompressedReplication: what members send each other is compressed when both
// ends are configured so, and members of both sorts are one group all the same.
func TestCompressedReplication(t *testing.T) {
	t.Parallel()
	sp := groupSpec(targets.ModeSynchronous, time.Second, []string{"a", "b", "c"})
	sp.Replication.Compress = true
	c := newCircleOf(t, sp, nil)
	c.primary()
	conn := c.connect("a")
	n := 0
	write := func(times int) {
		for range times {
			n++
			if _, err := conn.Exec(t.Context(), "INSERT INTO posts VALUES ($1, 1, 'words as in any other post', 0)", fmt.Sprint(n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	sent := func(name string) (bytes, wire, took float64) {
		m := c.seats[name].server.Metrics()
		return m["replication_bytes_total"], m["replication_wire_bytes_total"], m["replication_compress_ns_total"]
	}
	write(50)
	c.same()
	bytes, wire, took := sent("a")
	t.Logf("%v bytes became %v in %v ns", bytes, wire, took)
	if bytes < 50*2*100 || wire*2 > bytes || took <= 0 {
		t.Errorf("%v bytes became %v in %v ns", bytes, wire, took)
	}

	// A replacement that is not configured for it, and gets a snapshot.
	c.end("c")
	c.seats["c"].directory = t.TempDir()
	plain := *sp.Replication
	plain.Compress = false
	c.spec.Replication = &plain
	c.begin("c", true)
	write(20)
	c.same()
	if m := c.seats["c"].server.Metrics(); m["replication_restores_total"] != 1 {
		t.Errorf("it restored %v snapshots", m["replication_restores_total"])
	}
	eventually(t, "it sends what it sends", func() bool {
		bytes, wire, took := sent("c")
		return bytes > 0 && bytes == wire && took == 0
	})
	// To it nothing is compressed: the snapshot alone is larger than what was sent
	// to the other.
	eventually(t, "a snapshot was sent as it is", func() bool { _, wire, _ := sent("a"); return wire >= 50_000 })

	// And one that is configured.
	c.end("c")
	c.seats["c"].directory = t.TempDir()
	c.spec.Replication = sp.Replication
	before, wireBefore, _ := sent("a")
	c.begin("c", true)
	write(20)
	c.same()
	eventually(t, "a snapshot was sent", func() bool { bytes, wire, _ = sent("a"); return bytes-before >= 50_000 })
	if b, w := bytes-before, wire-wireBefore; w*2 > b {
		t.Errorf("%v bytes, a snapshot among them, became %v", b, w)
	}
}

// TestRequestForCompression is answered with one byte after the greeting, and one
// that does not ask gets none.
func TestRequestForCompression(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		configured  bool
		asked, want string
	}{
		{true, "zstd", "S"}, {true, "other", "N"}, {false, "zstd", "N"}, {true, "", ""}, {false, "", ""},
	} {
		sp := groupSpec(targets.ModeAsynchronous, time.Second, []string{"a"})
		sp.Replication.Compress = x.configured
		c := newCircleOf(t, sp, nil)
		conn, err := net.Dial("tcp", c.seats["a"].address)
		if err != nil {
			t.Fatal(err)
		}
		start := &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "rung", "replication": "rung"}}
		if x.asked != "" {
			start.Parameters["compression"] = x.asked
		}
		b, err := start.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(conn)
		if want := "R\x00\x00\x00\x08\x00\x00\x00\x00" + x.want; err != nil || string(got) != want {
			t.Errorf("%+v: %q, %v", x, got, err)
		}
		conn.Close()
		c.end("a")
	}
}
