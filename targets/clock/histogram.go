package clock

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts durations in buckets whose width is 1/16 of their power of
// two, so that a bucket's middle is within 1/32 (3.2%) of all it holds. It
// takes no lock and its size is fixed. The zero value is ready.
type histogram struct {
	counts [64 * perOctave]atomic.Uint64
}

const (
	octaveBits = 4
	perOctave  = 1 << octaveBits
)

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0)))].Add(1)
}

// quantile returns the q-quantile, 0 <= q <= 1, or 0 without any data.
func (h *histogram) quantile(q float64) time.Duration {
	var counts [len(h.counts)]uint64
	var total uint64
	for i := range h.counts {
		counts[i] = h.counts[i].Load()
		total += counts[i]
	}
	if total == 0 {
		return 0
	}
	rank := min(uint64(q*float64(total)), total-1)
	var seen uint64
	for i, n := range counts {
		if seen += n; seen > rank {
			return middle(i)
		}
	}
	return 0
}

// bucket returns the bucket of v: v itself below perOctave, then perOctave
// buckets for each further power of two.
func bucket(v uint64) int {
	if v < perOctave {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - octaveBits
	return shift<<octaveBits + int(v>>shift)
}

// middle returns the middle of bucket i.
func middle(i int) time.Duration {
	if i < perOctave {
		return time.Duration(i)
	}
	shift := i>>octaveBits - 1
	low := uint64(perOctave+i&(perOctave-1)) << shift
	return time.Duration(low + (uint64(1)<<shift)/2)
}
