package shop

// Followee returns whom a user follows in place k: users stand in a circle, in an
// order that is mixed but always the same, and everybody follows the k-th after
// them. So the followees of one user are as good as drawn at random, are all
// different and never the user, and every user has exactly as many followers as
// followees.
//
// User is 1 to users, and k is 1 to users-1; otherwise there is nobody, and it
// returns 0.
func Followee(user int64, k, users int) int64 {
	n := uint64(max(users, 0))
	if user < 1 || uint64(user) > n || k < 1 || k >= users {
		return 0
	}
	m := newMixer(n)
	place := (m.place(uint64(user-1)) + uint64(k)) % n
	return int64(m.at(place)) + 1
}

// mixer is a permutation of the numbers below n: a Feistel network (Luby and
// Rackoff 1988) over the least even number of bits that holds them, applied
// again as long as the result is not below n.
type mixer struct {
	n    uint64
	half uint
	mask uint64 // of half the bits
}

// mixRounds make neighbours unlike; four are enough against a guesser.
const mixRounds = 4

func newMixer(n uint64) mixer {
	half := uint(1)
	for uint64(1)<<(2*half) < n {
		half++
	}
	return mixer{n: n, half: half, mask: 1<<half - 1}
}

// place is where x stands.
func (m mixer) place(x uint64) uint64 {
	for {
		left, right := x>>m.half, x&m.mask
		for round := range uint64(mixRounds) {
			left, right = right, left^m.mix(right, round)
		}
		if x = left<<m.half | right; x < m.n {
			return x
		}
	}
}

// at is who stands at a place: the inverse of place.
func (m mixer) at(place uint64) uint64 {
	x := place
	for {
		left, right := x>>m.half, x&m.mask
		for round := uint64(mixRounds); round > 0; round-- {
			left, right = right^m.mix(left, round-1), left
		}
		if x = left<<m.half | right; x < m.n {
			return x
		}
	}
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), cut to half
// the bits.
func (m mixer) mix(x, round uint64) uint64 {
	z := x + (round+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) & m.mask
}
