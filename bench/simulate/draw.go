package simulate

import (
	"math"
	"time"

	"rung/targets"
)

// dice are the random numbers of one request: SplitMix64 (Steele, Lea, Flood
// 2014), whose state is a counter.
type dice uint64

const golden = 0x9e3779b97f4a7c15

// diceOf are those of a request of a replication.
func diceOf(seed, number uint64) dice { return dice(mix(seed ^ mix(number+1))) }

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *dice) bits() uint64 {
	*d += golden
	return mix(uint64(*d))
}

// uniform is in (0, 1].
func (d *dice) uniform() float64 { return float64(d.bits()>>11+1) / (1 << 53) }

// below is a whole number from 0 to n-1.
func (d *dice) below(n int32) int32 { return int32(d.bits() >> 32 * uint64(n) >> 32) }

func (d *dice) exponential() float64 { return -math.Log(d.uniform()) }

// normal is by Box and Muller.
func (d *dice) normal() float64 {
	r := math.Sqrt(-2 * math.Log(d.uniform()))
	return r * math.Cos(2*math.Pi*d.uniform())
}

// law is a service law ready to draw from.
type law struct {
	shape    targets.Shape
	constant int64
	mean     float64
	mu       float64
	sigma    float64
}

// longest bounds a draw, as the emulated machine does.
const longest = float64(24 * time.Hour)

// lawOf prepares a law. A lognormal with mean m and coefficient of variation c
// has sigma^2 = ln(1 + c^2) and mu = ln(m) - sigma^2/2.
func lawOf(l targets.Law) law {
	out := law{shape: l.Shape, constant: int64(l.Mean), mean: float64(l.Mean)}
	if l.Shape == targets.ShapeLognormal {
		variance := math.Log1p(l.CV * l.CV)
		out.sigma = math.Sqrt(variance)
		out.mu = -variance / 2
	}
	if l.Mean <= 0 {
		out.shape = targets.ShapeConstant
	}
	return out
}

// draw returns nanoseconds.
func (l *law) draw(d *dice) int64 {
	x := l.mean
	switch l.shape {
	case targets.ShapeExponential:
		x *= d.exponential()
	case targets.ShapeLognormal:
		x *= math.Exp(l.sigma*d.normal() + l.mu)
	default:
		return l.constant
	}
	return int64(min(math.Round(x), longest))
}
