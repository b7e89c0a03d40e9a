package estimate

import (
	"math"
	"testing"
)

func TestProto(t *testing.T) {
	for _, u := range []float64{.5, .7, .8, .85, .9} {
		la := u * 2 / 7.2e-3
		short := flow{la * .98, la * 3.2e-3, la * (.6*9 + .1*36 + .15*4 + .08*25 + .05*4) * 1e-6}
		long := flow{la * .02 * 20, la * 4e-3, la * .02 * 20 * 1e-4}
		p := populate(2, short, long, la*.02)
		for k := range min(8, len(p.share)) {
			t.Logf("%.2f k=%d share %.3f busy %.3f wait %.2f cv %.2f", u, k, p.share[k], p.wait[k].Busy, p.wait[k].Mean*1e3, math.Sqrt(p.wait[k].Variance())/p.wait[k].Mean)
		}
	}
}
