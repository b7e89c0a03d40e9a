package numbers

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"rung/bench"
)

const (
	readFileBytes  = 64 << 20
	writeFileBytes = 32 << 20
	diskRoom       = 256 << 20 // what must be free
	block          = 4 << 10
)

// disk measures reads and writes of files in a folder.
func disk(folder string) family {
	return family{"disk", []bench.Number{
		{ID: "ssd_seq_1m", Label: "read 1 MiB from disk (O_DIRECT)", Bytes: 1 << 20, Pattern: "sequential"},
		{ID: "ssd_rand_4k", Label: "random disk read of 4 KiB (O_DIRECT, one at a time)", Bytes: 4 << 10, Pattern: "dependent"},
		{ID: "ssd_rand_8k", Label: "random disk read of 8 KiB (O_DIRECT, one at a time)", Bytes: 8 << 10, Pattern: "dependent"},
		{ID: "ssd_seq_write_1m", Label: "write 1 MiB to disk (O_DIRECT, no fsync)", Bytes: 1 << 20, Pattern: "sequential", Durability: "none",
			Flags: []string{"not flushed: it may be in the disk's own cache"}},
		{ID: "page_cache_8k", Label: "random file read of 8 KiB from the page cache", Bytes: 8 << 10, Pattern: "independent"},
		{ID: "ssd_seq_write_8k", Label: "append 8 KiB to a file without fsync", Bytes: 8 << 10, Pattern: "sequential", Durability: "none"},
		{ID: "ssd_seq_write_8k_sync", Label: "append 8 KiB to a file with fdatasync", Bytes: 8 << 10, Pattern: "sequential", Durability: "fdatasync"},
		{ID: "ssd_seq_write_8k_fsync", Label: "append 8 KiB to a file with fsync", Bytes: 8 << 10, Pattern: "sequential", Durability: "fsync"},
	}, func(ctx context.Context, m *meter) error {
		if free, known := room(folder); known && free < diskRoom {
			return fmt.Errorf("%s has %s free (at least %s)", folder, size(free), size(diskRoom))
		}
		buffer, release, err := arena(1<<20, smallPages)
		if err != nil {
			return err
		}
		defer release()
		if err := direct(ctx, m, filepath.Join(folder, "read"), buffer); err != nil {
			return err
		}
		if err := cached(ctx, m, filepath.Join(folder, "read"), buffer); err != nil {
			return err
		}
		return appends(ctx, m, filepath.Join(folder, "write"), buffer[:8<<10])
	}}
}

// fill makes data that neither compresses nor repeats: zeros might not be
// written at all.
func fill(buffer []byte, part int) {
	_, _ = rand.NewChaCha8([32]byte{1, byte(part)}).Read(buffer) // it never fails
}

// direct times reads and writes past the page cache.
func direct(ctx context.Context, m *meter, name string, buffer []byte) error {
	if err := lay(ctx, name, buffer); err != nil {
		return err
	}
	f, way, err := openDirect(name)
	if err != nil {
		return err
	}
	defer f.Close()
	random := rand.New(rand.NewPCG(1, 3))
	next := int64(0)
	inOrder := func(int64) int64 {
		at := next
		next = (next + 1<<20) % readFileBytes
		return at
	}
	anywhere := func(bytes int64) int64 { return random.Int64N(readFileBytes/bytes) * bytes }
	for _, row := range []struct {
		id    string
		bytes int
		place func(int64) int64
		do    func([]byte, int64) (int, error)
	}{
		{"ssd_seq_1m", 1 << 20, inOrder, f.ReadAt}, {"ssd_rand_4k", 4 << 10, anywhere, f.ReadAt},
		{"ssd_rand_8k", 8 << 10, anywhere, f.ReadAt}, {"ssd_seq_write_1m", 1 << 20, inOrder, f.WriteAt},
	} {
		w := work{do: func(n int) error {
			for range n {
				if _, err := row.do(buffer[:row.bytes], row.place(int64(row.bytes))); err != nil {
					return err
				}
			}
			return nil
		}}
		if !way.direct {
			w.prepare = func() error { return dropCache(f) }
		}
		if err := m.time(ctx, row.id, w); err != nil {
			return err
		}
	}
	if way.doubt != "" {
		m.flag(way.doubt, directRows...)
	}
	return nil
}

// directness says how a file is read: past the page cache or not, and what is
// to be said about it.
type directness struct {
	direct bool
	doubt  string
}

// lay writes the file that is read, and makes it leave the page cache.
func lay(ctx context.Context, name string, buffer []byte) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for part := range readFileBytes / len(buffer) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		fill(buffer, part)
		if _, err := f.Write(buffer); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return dropCache(f)
}

// cached times reads that the page cache answers.
func cached(ctx context.Context, m *meter, name string, buffer []byte) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(io.Discard, f); err != nil {
		return err
	}
	random, page := rand.New(rand.NewPCG(1, 4)), buffer[:8<<10]
	return m.time(ctx, "page_cache_8k", work{do: func(n int) error {
		for range n {
			if _, err := f.ReadAt(page, random.Int64N(readFileBytes/(8<<10))*(8<<10)); err != nil {
				return err
			}
		}
		return nil
	}})
}
