package plan

import (
	"fmt"
	"math"
	"time"

	"rung/bench"
)

// MaxPoisson is the most requests of a Poisson plan. Its memory is one byte
// for eight requests, 12.5 MB at most.
const MaxPoisson = 1e8

// stride is the distance of checkpoints: At sums up half of it on average.
const stride = 64

type poisson struct {
	rate        float64
	key         uint64 // hash of the seed
	count       uint64
	duration    time.Duration
	checkpoints []float64 // sum of the gaps before request k*stride
	total       float64   // sum of all count+1 gaps
}

// Poisson plans independent arrivals: a Poisson process of the given rate, in
// requests per second, on the condition that it has exactly its mean number
// of arrivals, rate x d rounded to the nearest whole number. So two runs with
// different seeds offer the same load, and only its grain differs.
//
// Given their number N, the arrivals of a Poisson process are N independent
// uniform times, sorted; and sorted uniform times are the partial sums of
// N+1 independent exponential gaps, divided by the sum of all of them
// (L. Devroye, Non-Uniform Random Variate Generation, 1986, theorem V.2.2):
//
//	At(n) = d (E0 + ... + En) / (E0 + ... + EN)
//
// Gap i is -ln(u) with u a hash of the seed and i, so request n needs no
// other request; partial sums are kept for every 64th. The first request is
// due after a gap, as in any Poisson process, and not at offset 0.
func Poisson(rate float64, d time.Duration, seed uint64) (bench.Plan, error) {
	for _, err := range []error{checkRate("rate", rate), checkDuration("duration", d)} {
		if err != nil {
			return nil, fmt.Errorf("poisson plan: %w", err)
		}
	}
	count := math.Round(rate * float64(d) / 1e9)
	if count < 1 || count > MaxPoisson {
		return nil, fmt.Errorf("poisson plan: it holds %v requests: allowed is 1 to %v", count, float64(MaxPoisson))
	}
	p := &poisson{rate: rate, key: mix(seed), count: uint64(count), duration: d}
	p.checkpoints = make([]float64, 0, p.count/stride+1)
	for i := range p.count + 1 {
		if i%stride == 0 {
			p.checkpoints = append(p.checkpoints, p.total)
		}
		p.total += p.gap(i)
	}
	return p, nil
}

// At adds the gaps in the same order as the constructor did, so that the sums
// are the same to the last bit whichever checkpoint they start from.
func (p *poisson) At(n uint64) time.Duration {
	n = min(n, p.count-1)
	sum := p.checkpoints[n/stride]
	for i := n - n%stride; i <= n; i++ {
		sum += p.gap(i)
	}
	offset := time.Duration(sum / p.total * float64(p.duration))
	return min(offset, p.duration-1) // the last gap may vanish in rounding
}

// gap returns exponential gap i of mean 1. The hash is SplitMix64 (Steele,
// Lea, Flood 2014), a counter-based generator.
func (p *poisson) gap(i uint64) float64 {
	u := float64(mix(p.key+i*0x9e3779b97f4a7c15)>>11+1) / (1 << 53) // in (0, 1]
	return -math.Log(u)
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (p *poisson) Count() uint64           { return p.count }
func (p *poisson) Duration() time.Duration { return p.duration }

func (p *poisson) String() string {
	return fmt.Sprintf("Poisson %s for %v", perSecond(p.rate), p.duration)
}
