package numbers

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"rung/bench"
)

// Working sets of the pointer chases, in bytes.
const (
	chaseL1     = 16 << 10
	chaseL2     = 256 << 10
	chaseL3     = 8 << 20
	chaseMemory = 256 << 20

	lineBytes = 64
	lineWords = lineBytes / 8
	megaWords = 1 << 20 / 8
)

// memory measures the caches and the main memory.
func memory() family {
	return family{"memory", []bench.Number{
		{ID: "l1_ref", Label: "L1 cache reference (pointer chase in 16 KiB)", Bytes: lineBytes, Pattern: "dependent"},
		{ID: "l2_ref", Label: "L2 cache reference (pointer chase in 256 KiB)", Bytes: lineBytes, Pattern: "dependent"},
		{ID: "l3_ref", Label: "L3 cache reference (pointer chase in 8 MiB)", Bytes: lineBytes, Pattern: "dependent"},
		{ID: "mem_ref", Label: "main memory reference (pointer chase in 256 MiB)", Bytes: lineBytes, Pattern: "dependent"},
		{ID: "mem_ref_huge", Label: "main memory reference in huge pages (pointer chase in 256 MiB)", Bytes: lineBytes, Pattern: "dependent"},
		{ID: "mem_rand_64", Label: "random memory read of 64 B (independent, in 256 MiB)", Bytes: lineBytes, Pattern: "independent",
			Flags: []string{"independent loads: the memory's parallelism, not its latency"}},
		{ID: "mem_seq_1m", Label: "read 1 MiB from memory", Bytes: 1 << 20, Pattern: "sequential",
			Flags: []string{"one thread, 64-bit loads: Go has no wider ones"}},
	}, measureMemory}
}

func measureMemory(ctx context.Context, m *meter) error {
	if err := inSmallPages(ctx, m); err != nil {
		return err
	}
	return inHugePages(ctx, m) // the memory of the first is free again
}

func inSmallPages(ctx context.Context, m *meter) error {
	words, free, err := wordArena(smallPages)
	if err != nil {
		return err
	}
	defer free()
	for _, row := range []struct {
		id    string
		bytes int
	}{{"l1_ref", chaseL1}, {"l2_ref", chaseL2}, {"l3_ref", chaseL3}, {"mem_ref", chaseMemory}} {
		if err := timeChase(ctx, m, row.id, words[:row.bytes/8]); err != nil {
			return err
		}
	}
	state, sum := uint64(1), uint64(0)
	if err := m.time(ctx, "mem_rand_64", op(func(n int) {
		var part uint64
		state, part = scatter(words, state, n)
		sum += part
	})); err != nil {
		return err
	}
	next := 0
	err = m.time(ctx, "mem_seq_1m", op(func(n int) {
		for range n {
			sum += total(words[next:][:megaWords])
			next = (next + megaWords) % len(words)
		}
	}))
	m.flag("small pages: misses of the address translation (TLB) are included", "l3_ref", "mem_ref", "mem_rand_64")
	runtime.KeepAlive(sum)
	return err
}

// inHugePages repeats the chase with few misses of the address translation,
// so that the two together tell what those cost.
func inHugePages(ctx context.Context, m *meter) error {
	words, free, err := wordArena(hugePages)
	if err != nil {
		return err
	}
	defer free()
	before := hugeBytes()
	clear(words) // touches the pages
	if hugeBytes()-before < chaseMemory/2 {
		m.skip("mem_ref_huge", "the system gives no huge pages")
		return nil
	}
	return timeChase(ctx, m, "mem_ref_huge", words)
}

func wordArena(pages int) (words []uint64, free func(), err error) {
	bytes, free, err := arena(chaseMemory, pages)
	if err != nil {
		return nil, nil, err
	}
	return unsafe.Slice((*uint64)(unsafe.Pointer(&bytes[0])), len(bytes)/8), free, nil
}

func timeChase(ctx context.Context, m *meter, id string, words []uint64) error {
	if err := cycle(ctx, words); err != nil {
		return err
	}
	at := uint64(0)
	err := m.time(ctx, id, op(func(n int) { at = chase(words, at, n) }))
	runtime.KeepAlive(at)
	return err
}

// cycle fills memory with one random cycle through all its cache lines
// (Sattolo's algorithm): the first word of each line holds the place of the
// next one, so that no reference can start before the one before it ends.
func cycle(ctx context.Context, words []uint64) error {
	lines := len(words) / lineWords
	for i := range lines {
		words[i*lineWords] = uint64(i * lineWords)
	}
	random := rand.New(rand.NewPCG(1, uint64(lines)))
	for i := lines - 1; i > 0; i-- {
		if i%(1<<16) == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		a, b := i*lineWords, random.IntN(i)*lineWords
		words[a], words[b] = words[b], words[a]
	}
	return nil
}

// chase follows the cycle for n references.
func chase(words []uint64, at uint64, n int) uint64 {
	for range n {
		at = words[at]
	}
	return at
}

// scatter reads n random lines whose places do not depend on what is read:
// they come from a linear congruential generator (Knuth's MMIX). The length
// is a power of two.
func scatter(words []uint64, state uint64, n int) (uint64, uint64) {
	var sum uint64
	mask := uint64(len(words)/lineWords - 1)
	for range n {
		state = state*6364136223846793005 + 1442695040888963407
		sum += words[state>>32&mask*lineWords]
	}
	return state, sum
}

// total adds up memory, four numbers at a time, so that the additions do not
// wait for each other.
func total(words []uint64) uint64 {
	var a, b, c, d uint64
	for ; len(words) >= 8; words = words[8:] {
		w := words[:8:8]
		a += w[0] + w[4]
		b += w[1] + w[5]
		c += w[2] + w[6]
		d += w[3] + w[7]
	}
	for _, w := range words {
		a += w
	}
	return a + b + c + d
}

// hugeBytes is how much of this process is in huge pages; 0 when the system
// does not say.
func hugeBytes() int64 {
	kb := field(text(os.DirFS("/"), "proc/self/smaps_rollup"), "AnonHugePages")
	n, err := strconv.ParseInt(strings.TrimSuffix(kb, " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
