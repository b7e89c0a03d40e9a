package estimate

import (
	"math"
	"slices"
)

// response is the law of the response time of some requests at one rate:
// a floor, random service times, and a sum of waits that is zero with
// probability free. Gamma laws of the same mean and variance stand for the
// service times, alone and with waits.
type response struct {
	route          *route
	share, floor   float64
	served, spread float64 // mean and variance of random service times
	mean, variance float64 // of the sum of waits, free or not
	free           float64
	endless        bool
}

// responses at rate lambda: one for each route and, where long work makes
// others wait, for each number of long ones at the center where that varies
// most. Short work sees that number frozen: all its waits there are long
// together, or short together. Long work finds that number when it comes.
func (m *model) responses(lambda float64) []response {
	loads := make(map[*center]load, len(m.centers))
	var main *center
	most := 0.0
	for _, c := range m.centers {
		l := c.at(lambda)
		loads[c] = l
		if spread := l.wait.Variance(); l.long != nil && (main == nil || spread > most) {
			main, most = c, spread
		}
	}
	fans := map[*fan]Wait{}
	endless := map[*fan]bool{}
	var out []response
	for _, r := range m.routes {
		scenes := []float64{1}
		if main != nil && slices.ContainsFunc(r.visits, func(v visit) bool { return v.center == main }) {
			scenes = loads[main].long.share
		}
		for k, share := range scenes {
			x := response{route: r, share: r.share * share, floor: r.floor, served: r.served, spread: r.spread, free: 1}
			for _, v := range r.visits {
				if v.fan != nil {
					if _, known := fans[v.fan]; !known {
						fans[v.fan], endless[v.fan] = v.fan.wait(loads)
					}
					x.wait(fans[v.fan])
					x.endless = x.endless || endless[v.fan]
				} else if v.center != main || len(scenes) == 1 {
					x.add(v, loads[v.center], average)
				} else if v.long > 0 || !r.stays(main) {
					x.add(v, loads[v.center], k)
				} else { // it stayed, and by now the number is another
					x.add(v, loads[v.center], average)
				}
			}
			out = append(out, x)
		}
	}
	return out
}

// stays says whether the route has long work at a center.
func (r *route) stays(at *center) bool {
	return slices.ContainsFunc(r.visits, func(v visit) bool { return v.center == at && v.long > 0 })
}

// average stands for any number of long ones.
const average = -1

// add adds the wait of a visit with k long ones at the center.
func (x *response) add(v visit, l load, k int) {
	switch {
	case l.full:
		x.endless = true
	case v.long > 0:
		if l.long != nil { // else nothing arrives, and nobody waits
			x.addStay(v, l.stay(v.long), k)
		}
	default:
		w := l.wait
		switch {
		case v.again && k >= 0:
			w = l.long.again[k]
		case k >= 0:
			w = l.long.wait[k]
		case v.again:
			w = l.again
		}
		x.wait(w)
	}
}

func (x *response) wait(w Wait) {
	x.mean += w.Mean
	x.variance += w.Variance()
	x.free *= 1 - w.Busy
}

// addStay adds what long work waits between its pieces.
func (x *response) addStay(v visit, s stay, k int) {
	mean, variance := s.mean, s.variance
	if k >= 0 {
		mean, variance = s.means[k], s.variances[k]
	}
	slowed := mean / v.long
	x.mean += max(0, mean-v.long)
	x.variance += variance + v.spread*max(0, slowed*slowed-1) // once is in the route's own
	x.free = 0
}

// beyond is the probability that the response takes longer than t.
func (r response) beyond(t float64) float64 {
	if r.endless {
		return 1
	}
	t -= r.floor
	served := tail(r.served, r.spread, t)
	waits := 1 - r.free
	if waits <= 0 {
		return served
	}
	mean := r.mean / waits
	variance := (r.variance+r.mean*r.mean)/waits - mean*mean
	waited := tail(r.served+mean, r.spread+max(0, variance), t)
	return r.free*served + waits*max(served, waited) // no wait makes anything faster
}

// instant is a time in seconds below which a mean is what rounding left.
const instant = 1e-12

// tail is the probability that a gamma law of that mean and variance exceeds
// t. Without variance the law is its mean.
func tail(mean, variance, t float64) float64 {
	switch {
	case t < 0:
		return 1
	case mean > instant && variance > 1e-9*mean*mean:
		return upperGamma(mean*mean/variance, t*mean/variance)
	case t < mean:
		return 1
	}
	return 0
}

// rounding is what a share may be above another and still count as equal.
const rounding = 1e-9

// beyond is the share of all requests whose response takes longer than t.
func beyond(rs []response, t float64) float64 {
	total, share := 0.0, 0.0
	for _, r := range rs {
		total += r.share * r.beyond(t)
		share += r.share
	}
	if share == 0 {
		return 0
	}
	return total / share
}

// quantile of the response time over the whole mix, in seconds; infinite at
// and above saturation.
func quantile(rs []response, q float64) float64 {
	low, high := 0.0, 1e-6
	for beyond(rs, high) > 1-q+rounding {
		high *= 2
		if high > 1e4 {
			return math.Inf(1)
		}
	}
	for range 60 {
		if mid := (low + high) / 2; beyond(rs, mid) > 1-q+rounding {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// capacity is the highest rate whose response time at q stays within limit
// seconds; the ceiling of the bottleneck when that comes first, and 0 when no
// rate is low enough.
func (m *model) capacity(q, limit float64) float64 {
	c := m.bottleneck()
	if c == nil {
		return math.Inf(1)
	}
	meets := func(rate float64) bool { return beyond(m.responses(rate), limit) <= 1-q+rounding }
	low, high := 0.0, c.ceiling()
	if !meets(0) {
		return 0
	}
	for range 40 {
		if mid := (low + high) / 2; meets(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}
