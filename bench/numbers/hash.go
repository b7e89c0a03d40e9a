package numbers

import (
	"context"
	"crypto/sha256"
	"hash/crc32"
	"hash/maphash"
	"runtime"

	"rung/bench"
)

// hash measures hashing 64 bytes.
func hash() family {
	const bytes = 64
	return family{"hashing", []bench.Number{
		{ID: "hash_fast_64", Label: "fast hash of 64 B (maphash)", Bytes: bytes},
		{ID: "hash_crc32_64", Label: "CRC-32 of 64 B (IEEE)", Bytes: bytes},
		{ID: "hash_crypto_64", Label: "SHA-256 of 64 B", Bytes: bytes},
	}, func(ctx context.Context, m *meter) error {
		data := make([]byte, bytes)
		// Each hash goes into the next input: calls cannot overlap or be left out.
		var sum uint64
		seed := maphash.MakeSeed()
		if err := m.time(ctx, "hash_fast_64", op(func(n int) {
			for range n {
				sum = maphash.Bytes(seed, data)
				data[0] = byte(sum)
			}
		})); err != nil {
			return err
		}
		if err := m.time(ctx, "hash_crc32_64", op(func(n int) {
			for range n {
				data[0] = byte(crc32.ChecksumIEEE(data))
			}
		})); err != nil {
			return err
		}
		err := m.time(ctx, "hash_crypto_64", op(func(n int) {
			for range n {
				digest := sha256.Sum256(data)
				data[0] = digest[0]
			}
		}))
		runtime.KeepAlive(data)
		runtime.KeepAlive(sum)
		return err
	}}
}
