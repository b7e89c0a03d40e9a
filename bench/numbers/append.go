package numbers

import (
	"context"
	"os"
)

// appends times writes at the end of a file: into the page cache, and made
// durable by either call.
func appends(ctx context.Context, m *meter, name string, page []byte) error {
	for _, row := range []struct {
		id      string
		durable func(*os.File) error
	}{
		{"ssd_seq_write_8k", nil},
		{"ssd_seq_write_8k_sync", fdatasync},
		{"ssd_seq_write_8k_fsync", (*os.File).Sync},
	} {
		if row.durable == nil || hasFdatasync || row.id != "ssd_seq_write_8k_sync" {
			if err := appendRow(ctx, m, row.id, name, page, row.durable); err != nil {
				return err
			}
			continue
		}
		m.skip(row.id, "this system has no fdatasync")
	}
	return nil
}

func appendRow(ctx context.Context, m *meter, id, name string, page []byte, durable func(*os.File) error) error {
	f, err := os.Create(name) // empty again
	if err != nil {
		return err
	}
	defer f.Close()
	at := int64(0)
	return m.time(ctx, id, work{
		prepare: func() error {
			if at < writeFileBytes/2 {
				return nil
			}
			at = 0
			return f.Truncate(0)
		},
		do: func(n int) error {
			for range n {
				if _, err := f.WriteAt(page, at); err != nil {
					return err
				}
				// A batch that reaches the bound goes on from the start.
				at = (at + int64(len(page))) % writeFileBytes
				if durable == nil {
					continue
				}
				if err := durable(f); err != nil {
					return err
				}
			}
			return nil
		},
	})
}
