package traffic

import (
	"testing"

	"pgregory.net/rapid"

	"rung/targets"
)

func TestIndexesAreThoseOfOperations(t *testing.T) {
	for i, op := range map[int]targets.Operation{
		opUser: targets.OpUser, opOrders: targets.OpOrders, opAsset: targets.OpAsset, opPost: targets.OpPost,
		opLogin: targets.OpLogin, opMe: targets.OpMe, opPhoto: targets.OpPhoto, opEdit: targets.OpEdit, opFollowing: targets.OpFollowing,
	} {
		if got := targets.Operations()[i]; got != op {
			t.Errorf("operation %d is %q, want %q", i, got, op)
		}
	}
}

// Whatever u is, the operation has a share.
func TestPickHasShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shares := rapid.SliceOfN(rapid.SampledFrom([]float64{0, 0.1, 1. / 3, 7}), 1, 7).Draw(t, "shares")
		shares[rapid.IntRange(0, len(shares)-1).Draw(t, "one")] = 1
		u := rapid.Float64Range(0, 1).Draw(t, "u")
		if got := newMixture(shares).pick(u); shares[got] == 0 {
			t.Fatalf("pick(%v) of %v is %d, which has no share", u, shares, got)
		}
	})
}

// The rank grows with u, and its cumulative law brackets u.
func TestRankInverts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := newZipf(rapid.Float64Range(0, 4).Draw(t, "exponent"), rapid.IntRange(1, 500).Draw(t, "n"))
		u := unit(rapid.Uint64().Draw(t, "u"))
		k := z.rank(u)
		if u >= z.cumulative[k] || k > 0 && u < z.cumulative[k-1] {
			t.Fatalf("rank(%v) = %d", u, k)
		}
	})
}
