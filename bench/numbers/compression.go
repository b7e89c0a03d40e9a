package numbers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"

	"github.com/klauspost/compress/snappy"

	"rung/bench"
)

// compression measures packing 1 KB, as the classic row does with Snappy
// (which was called Zippy).
func compression() family {
	const bytes, texts = 1000, 64
	return family{"compression", []bench.Number{
		{ID: "compress_1k", Label: "compress 1 KB of text (Snappy)", Bytes: bytes},
	}, func(ctx context.Context, m *meter) error {
		// Many texts in turn: the branches of one would be learned by heart.
		inputs := make([][]byte, texts)
		for i := range inputs {
			inputs[i] = prose(bytes, uint64(i))
		}
		packed := make([]byte, snappy.MaxEncodedLen(bytes))
		size, next := 0, 0
		err := m.time(ctx, "compress_1k", op(func(n int) {
			for range n {
				size = len(snappy.Encode(packed, inputs[next]))
				next = (next + 1) % texts
			}
		}))
		runtime.KeepAlive(packed)
		m.notes = append(m.notes, fmt.Sprintf("compress_1k: 1000 bytes became %d", size))
		return err
	}}
}

// prose is made-up text, which compresses about as English does.
func prose(bytes int, seed uint64) []byte {
	words := []string{"the ", "of ", "and ", "request ", "server ", "latency ", "in ", "to ", "a ", "time ", "queue ", "that ",
		"database ", "is ", "replica ", "was ", "for ", "it ", "cache ", "with ", "as ", "his ", "million ", "users ", "on ", "be "}
	random := rand.New(rand.NewPCG(seed, 1000))
	var text []byte
	for len(text) < bytes {
		text = append(text, words[random.IntN(len(words))]...)
		if random.IntN(4) == 0 { // names and numbers, which repeat less
			for range 3 + random.IntN(6) {
				text = append(text, byte('a'+random.IntN(26)))
			}
			text = append(text, ' ')
		}
	}
	return text[:bytes]
}
