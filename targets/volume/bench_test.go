package volume_test

import (
	"testing"
	"time"

	"rung/targets"
	"rung/targets/volume"
)

// BenchmarkKeeper is the real cost of a call over loopback, both sides, with
// nothing emulated.
func BenchmarkKeeper(b *testing.B) {
	for _, fsync := range []targets.Fsync{targets.FsyncOff, targets.FsyncFull} {
		sp := spec()
		sp.Fsync = fsync
		k := open(b, volume.ClientConfig{Dial: dialer(serve(b, newServer(b, sp, volume.Config{})))})
		value := make([]byte, 25)
		b.Run("put/fsync="+string(fsync), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Put(b.Context(), "a", value, time.Hour); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("get/fsync="+string(fsync), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := k.Get(b.Context(), "a"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
