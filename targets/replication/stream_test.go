package replication_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rung/targets"
)

// TestCompressedGroup ships entries and a snapshot compressed, and counts both
// sizes; without compression they are equal.
func TestCompressedGroup(t *testing.T) {
	for _, compress := range []bool{false, true} {
		t.Run(fmt.Sprint(compress), func(t *testing.T) {
			f := newFleetOf(t, targets.Replication{Members: []string{"a", "b", "c"}, Primary: "a", Mode: targets.ModeSynchronous,
				Lease: 600 * time.Millisecond, Heartbeat: 20 * time.Millisecond, Compress: compress})
			var want []string
			write := func(n int) {
				for range n {
					text := fmt.Sprintf("%s %d", strings.Repeat("much the same as ever ", 20), len(want))
					if err := f.write(f.primary(), text); err != nil {
						t.Fatal(err)
					}
					want = append(want, text)
				}
			}
			write(100)
			f.equal(want)
			f.stop("c")
			f.disks["c"] = &memory{} // it gets a snapshot
			f.start("c")
			write(20)
			f.equal(want)
			sent := f.groups["a"].Traffic()
			t.Logf("%d bytes became %d, in %v", sent.Bytes, sent.Wire, sent.Compressing)
			if least := int64(2 * 100 * len(want[0])); sent.Bytes < least {
				t.Errorf("%d bytes were sent; two replicas alone got %d", sent.Bytes, least)
			}
			if compress && (sent.Wire*2 > sent.Bytes || sent.Compressing <= 0) || !compress && sent.Compressing != 0 {
				t.Errorf("%d bytes became %d in %v", sent.Bytes, sent.Wire, sent.Compressing)
			}
			if !compress {
				eventually(t, "what was sent is what was to be sent", func() bool {
					sent := f.groups["a"].Traffic()
					return sent.Wire == sent.Bytes
				})
			}
		})
	}
}
