package record

import (
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// finest is the value that two histogram buckets are at most apart at
	// the low end. Three digits of it are far below any clock's error.
	finest = time.Microsecond
	// digits of a value that are kept.
	digits = 3
)

// histogram is an HDR histogram of times with exact minimum, maximum and sum.
type histogram struct {
	hdr      *hdr.Histogram
	min, max time.Duration
	// sum would overflow after 292 years of summed time.
	sum time.Duration
	// top is the largest value that the HDR histogram holds; larger ones
	// are put there and counted as clamped.
	top     int64
	clamped uint64
}

func newHistogram(highest time.Duration) *histogram {
	h := hdr.New(int64(finest), int64(highest), digits)
	return &histogram{hdr: h, top: h.HighestTrackableValue()}
}

// add records a time. Times below zero, which two clocks can make, are zero.
func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	if h.hdr.TotalCount() == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.sum += d
	value := int64(d)
	if value > h.top {
		value = h.top
		h.clamped++
	}
	// It fails for values outside 0 to top only.
	_ = h.hdr.RecordValue(value)
}

func (h *histogram) count() uint64 { return uint64(h.hdr.TotalCount()) }

// merge adds what another histogram of the same geometry holds.
func (h *histogram) merge(from *histogram) {
	if from.count() == 0 {
		return
	}
	if h.count() == 0 || from.min < h.min {
		h.min = from.min
	}
	h.max = max(h.max, from.max)
	h.sum += from.sum
	h.clamped += from.clamped
	h.hdr.Merge(from.hdr) // drops nothing: the geometry is the same
}

func (h *histogram) reset() {
	h.hdr.Reset()
	h.min, h.max, h.sum, h.clamped = 0, 0, 0, 0
}
