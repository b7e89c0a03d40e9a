package plan

import (
	"time"

	"rung/bench"
)

// curve inverts the area under a rate curve by bisection over whole
// nanoseconds: some 40 evaluations per request, no state.
type curve struct {
	// area under the rate from 0 to t, in requests.
	area     func(t time.Duration) float64
	count    uint64
	duration time.Duration
	text     string
}

func newCurve(area func(time.Duration) float64, d time.Duration, text string) (bench.Plan, error) {
	count, err := countOf(area(d))
	if err != nil {
		return nil, err
	}
	return &curve{area: area, count: count, duration: d, text: text}, nil
}

// At never falls with n, even where area is uneven by rounding: the search
// asks the same points in the same order for every n, and at each point a
// larger n turns right whenever a smaller one does.
func (p *curve) At(n uint64) time.Duration {
	low, high := time.Duration(0), p.duration // area(low) <= n; high is beyond
	for high-low > 1 {
		middle := low + (high-low)/2
		if p.area(middle) <= float64(n) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

func (p *curve) Count() uint64           { return p.count }
func (p *curve) Duration() time.Duration { return p.duration }
func (p *curve) String() string          { return p.text }
