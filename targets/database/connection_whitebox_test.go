package database

import (
	"context"
	"database/sql/driver"
	"path/filepath"
	"testing"
)

// TestInterruptBeforeStart ends the context before and while SQLite starts. An
// interrupt that comes too early must not be lost.
func TestInterruptBeforeStart(t *testing.T) {
	c, err := open(filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	each := func([]driver.Value) error { return nil }
	const endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
	for i := range 200 {
		ctx, cancel := context.WithCancel(context.Background())
		if i%2 == 0 {
			cancel()
		} else {
			go cancel()
		}
		if _, err := c.query(ctx, endless, nil, each); err == nil {
			t.Fatal("an endless query ended")
		}
		cancel()
		// A late interrupt must not strike the next statement.
		if _, err := c.query(context.Background(), "SELECT 1", nil, each); err != nil {
			t.Fatalf("the statement after an interrupt: %v", err)
		}
	}
}
