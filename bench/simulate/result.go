package simulate

import "time"

// Result is what came of all replications. Requests that came in the time to
// warm up are not in it.
type Result struct {
	// Started = Done + Refused + Late + InFlight. Refused requests found a
	// full queue, Late ones were done after the timeout or not at all. InFlight
	// are those that had no answer when a replication was Overloaded: the
	// number in flight had grown to its bound.
	Started, Done, Refused, Late, InFlight uint64
	Overloaded                             bool
	Replications                           int
	// Virtual is the time in which requests came, of all replications
	// together. Goodput is requests done per second of it.
	Virtual time.Duration
	Goodput Interval
	// Failures is the share of requests that failed, 0 to 1.
	Failures Interval
	// Response times of all that were done, and by operation.
	Response   Response
	Operations []Operation
	Stations   []Use
}

// Operation is the response times of one operation.
type Operation struct {
	Name string
	Response
}

// Response is response times in nanoseconds, of Count requests. Values are NaN
// without any.
type Response struct {
	Count uint64
	Mean  Interval
	// Quantiles 0.5, 0.9, 0.95, 0.99 and 0.999, to within 0.1% of the value.
	Quantiles []Quantile
	counts    histogram
}

// Quantile is one quantile.
type Quantile struct {
	Q float64
	Interval
	// From and To hold the middle 95% of the replications: where one more run
	// of that length is to be expected. Zero with fewer than 40.
	From, To float64
}

// quantiles that every result has.
func quantiles() []float64 { return []float64{0.5, 0.9, 0.95, 0.99, 0.999} }

// Quantile returns a quantile, 0 to 1; one that is not in Quantiles comes
// without intervals.
func (r Response) Quantile(q float64) Quantile {
	for _, x := range r.Quantiles {
		if x.Q == q {
			return x
		}
	}
	return Quantile{Q: q, Interval: Interval{Value: r.counts.quantile(q)}}
}

// Use is a station while requests came, all its servers together.
type Use struct {
	Name string
	// Use is the share of the slots' time in use, 0 to 1.
	Use Interval
	// Queue is the mean number of pieces that wait, and MaxQueue the most that
	// did at one server.
	Queue    Interval
	MaxQueue int
	// Rate of work that came, per second, with what was Refused; and the mean
	// Stay of what was done, from coming to leaving, in nanoseconds.
	Rate, Stay Interval
	Refused    uint64
}
