package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// lineMost is the longest line of an interval log, in bytes. The longest
	// that a recorder writes is below 200 KiB.
	lineMost = 4 << 20
	// intervalsRead and binsRead bound what is kept of a log.
	intervalsRead = 1 << 20
	binsRead      = 8 << 20
)

// ErrLog says that what was read is not an interval log that can be trusted.
var ErrLog = errors.New("not an interval log")

// Bin counts the values of one bucket of a histogram.
type Bin struct {
	// From and To are the smallest and the largest value of the bucket.
	From, To time.Duration
	Count    uint64
}

// LogInterval is one line of an interval log.
type LogInterval struct {
	// Tag is the operation; empty for all of them.
	Tag string
	// Start from the base of the log (in a recorder's log the start of the
	// attack), and Length. Both are whole milliseconds in a recorder's log.
	Start, Length time.Duration
	// Bins that are not empty, by rising value.
	Bins []Bin
}

// Count is the number of values.
func (l LogInterval) Count() uint64 {
	n := uint64(0)
	for _, b := range l.Bins {
		n += b.Count
	}
	return n
}

// Quantile returns the value at q in [0, 1]: the largest of the bucket that
// holds the sample of that rank, as a measurement's quantiles are. 0 when the
// interval is empty.
func (l LogInterval) Quantile(q float64) time.Duration {
	n := l.Count()
	if n == 0 {
		return 0
	}
	left := rank(q, n)
	for _, b := range l.Bins {
		if b.Count >= left {
			return b.To
		}
		left -= b.Count
	}
	return l.Bins[len(l.Bins)-1].To
}

// MergeBins adds histograms up. That is exact: no value changes its bucket.
func MergeBins(of ...[]Bin) []Bin {
	var out []Bin
	for _, bins := range of {
		out = append(out, bins...)
	}
	slices.SortFunc(out, func(a, b Bin) int {
		if a.From != b.From {
			return int(min(max(a.From-b.From, -1), 1))
		}
		return int(min(max(a.To-b.To, -1), 1))
	})
	kept := out[:0]
	for _, b := range out {
		if last := len(kept) - 1; last >= 0 && kept[last].From == b.From && kept[last].To == b.To {
			kept[last].Count += b.Count
			continue
		}
		kept = append(kept, b)
	}
	return kept
}

// ReadLog reads an interval log in the order of its lines: all of it, or only
// the lines of the given tags ("" are the lines without one). It reads what a
// recorder writes, and logs of other tools of the family with V2 histograms.
// Errors wrap ErrLog where the text is wrong. Lines, intervals and bins are
// bounded.
func ReadLog(r io.Reader, tags ...string) ([]LogInterval, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), lineMost)
	var out []LogInterval
	bins := 0
	number := 0
	for lines.Scan() {
		number++
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' || strings.HasPrefix(text, `"StartTimestamp"`) {
			continue
		}
		one, keep, err := logLine(text, tags)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrLog, number, err)
		}
		if !keep {
			continue
		}
		out = append(out, one)
		bins += len(one.Bins)
		if len(out) > intervalsRead || bins > binsRead {
			return nil, fmt.Errorf("%w: line %d: it has more than %d intervals or %d buckets", ErrLog, number, intervalsRead, binsRead)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%w: line %d is longer than %d bytes", ErrLog, number+1, lineMost)
	} else if err != nil {
		return nil, fmt.Errorf("read interval log: %w", err)
	}
	if number == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrLog)
	}
	return out, nil
}

// logLine reads "[Tag=<tag>,]<start>,<length>,<maximum>,<histogram>", with
// times in seconds. The histogram of a line of another tag is not decoded.
func logLine(text string, tags []string) (one LogInterval, keep bool, err error) {
	if rest, tagged := strings.CutPrefix(text, "Tag="); tagged {
		var found bool
		if one.Tag, text, found = strings.Cut(rest, ","); !found {
			return one, false, errors.New("nothing follows the tag")
		}
	}
	fields := strings.SplitN(text, ",", 4)
	if len(fields) != 4 {
		return one, false, fmt.Errorf("%d fields, want 4", len(fields))
	}
	if len(tags) > 0 && !slices.Contains(tags, one.Tag) {
		return one, false, nil
	}
	if one.Start, err = logTime(fields[0]); err != nil {
		return one, false, fmt.Errorf("start: %w", err)
	}
	if one.Length, err = logTime(fields[1]); err != nil {
		return one, false, fmt.Errorf("length: %w", err)
	}
	packed, err := hdr.DecodePacked([]byte(fields[3]))
	if err != nil {
		return one, false, fmt.Errorf("histogram: %w", err)
	}
	one.Bins, err = binsOf(packed)
	return one, err == nil, err
}

// logTime reads seconds and rounds them to what the format keeps: 1 us.
func logTime(text string) (time.Duration, error) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, err
	}
	if !(seconds >= 0 && seconds < math.MaxInt64/1e9) { // NaN is neither
		return 0, fmt.Errorf("%v s is out of range", seconds)
	}
	return time.Duration(math.Round(seconds*1e6)) * time.Microsecond, nil
}

// binsOf lists the buckets of a histogram that are not empty.
func binsOf(packed *hdr.PackedHistogram) ([]Bin, error) {
	out := make([]Bin, 0, packed.Populated())
	// Buckets are equally wide up to 2 x 10^digits units, rounded up to a
	// power of two; from there the width doubles with the value.
	unit := bits.Len64(uint64(max(packed.LowestTrackableValue(), 1))) - 1
	fine := bits.Len64(uint64(2*math.Pow10(int(packed.SignificantFigures()))) - 1)
	total := uint64(0)
	for value, count := range packed.ForEachBucket {
		wide := unit + max(bits.Len64(uint64(value)>>unit)-fine, 0)
		from := value >> wide << wide
		to := from + (int64(1)<<wide - 1)
		if count <= 0 || to < from || total+uint64(count) > math.MaxInt64 {
			return nil, fmt.Errorf("histogram: bucket %d holds %d", value, count)
		}
		total += uint64(count)
		out = append(out, Bin{From: time.Duration(from), To: time.Duration(to), Count: uint64(count)})
	}
	return out, nil
}
