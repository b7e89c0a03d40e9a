package traffic

// What is drawn for a request. Each choice has a stream of its own, so that
// they are independent.
type stream uint64

const (
	streamOperation stream = iota + 1
	streamUser
	streamAsset
	streamSpread
	streamPage
	streamRegion
	streamHot
)

// draw returns 64 random bits for choice s of request n.
func draw(seed, n uint64, s stream) uint64 {
	return mix(mix(seed+uint64(s)*0xd1342543de82ef95) + n*0x9e3779b97f4a7c15)
}

// unit returns x as a number in [0, 1).
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }

// mix is the output function of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
