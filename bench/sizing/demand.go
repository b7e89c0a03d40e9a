package sizing

import (
	"errors"
	"fmt"
	"math"
)

// Rate is a load in requests per second, as a range. A point has Low and High
// equal to it.
type Rate struct {
	Low   float64 `json:"low_per_s"`
	Point float64 `json:"point_per_s"`
	High  float64 `json:"high_per_s"`
}

// Demand is what a site must carry.
type Demand struct {
	// Name of the estimate that it is from.
	Name string `json:"name"`
	Peak Rate   `json:"peak"`
	// Use is the highest share of a resource's time that may be in use at
	// the peak, in (0, 1). Zero means UsualUse.
	Use float64 `json:"use_ratio"`
}

// UsualUse leaves room for the waits that grow without bound near 1: at 70%
// the mean wait of an M/M/1 queue is 2.3 service times, at 90% it is 9. Cloud
// vendors plan for about as much (Bigtable: latency is best below 70% CPU).
const UsualUse = 0.7

// mostPeak is more than all there is, and few enough for nodes to be counted.
const mostPeak = 1e12

func (d Demand) check() (Demand, error) {
	if d.Use == 0 {
		d.Use = UsualUse
	}
	for _, x := range []float64{d.Peak.Low, d.Peak.Point, d.Peak.High} {
		if !(x > 0 && x <= mostPeak) {
			return d, fmt.Errorf("the peak of %s is %v requests per second: it must be above 0, and %g at most", d.Name, x, float64(mostPeak))
		}
	}
	switch {
	case d.Peak.Low > d.Peak.Point || d.Peak.Point > d.Peak.High:
		return d, errors.New("the peak's range does not hold its point")
	case d.Use < 0 || d.Use >= 1 || math.IsNaN(d.Use):
		return d, fmt.Errorf("a use of %v is not between 0 and 1", d.Use)
	}
	return d, nil
}
