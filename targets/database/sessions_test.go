package database_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"rung/targets/database"
)

// TestSessions keeps, replaces, finds and deletes bytes by every way that pgx has
// to send parameters.
func TestSessions(t *testing.T) {
	sp := emulated()
	s := start(t, sp, database.Config{})
	const (
		keep = "INSERT INTO sessions (id, value, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
		find = "SELECT value FROM sessions WHERE id=$1 AND expires_at>$2"
		drop = "DELETE FROM sessions WHERE id = $1"
	)
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			c := connect(t, s.address, "")
			for _, value := range [][]byte{{}, {0}, []byte("text"), {0xff, 0, '\'', '\\', 'x'}, bytes.Repeat([]byte{0, 1, 0xfe}, 10_000)} {
				if tag, err := c.Exec(t.Context(), keep, mode, "id", value, int64(1_000)); err != nil || tag.String() != "INSERT 0 1" {
					t.Fatalf("keep %d bytes: %q, %v", len(value), tag, err)
				}
				var got []byte
				if err := c.QueryRow(t.Context(), find, mode, "id", int64(999)).Scan(&got); err != nil || !bytes.Equal(got, value) {
					t.Errorf("%d bytes became %d: %v", len(value), len(got), err)
				}
				if err := c.QueryRow(t.Context(), find, mode, "id", int64(1_000)).Scan(&got); !errors.Is(err, pgx.ErrNoRows) {
					t.Errorf("one that is over: %v", err)
				}
			}
			if tag, err := c.Exec(t.Context(), drop, mode, "id"); err != nil || tag.RowsAffected() != 1 {
				t.Errorf("delete: %q, %v", tag, err)
			}
		})
	}
	if m := s.Metrics(); m["pool_misses_total"]+m["pool_hits_total"] != 0 {
		t.Errorf("sessions touched pages: %v misses, %v hits", m["pool_misses_total"], m["pool_hits_total"])
	}
}
