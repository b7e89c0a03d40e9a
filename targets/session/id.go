package session

import (
	"crypto/rand"
	"encoding/hex"
)

// random is 128 random bits: at a million tries per second, guessing one of
// 65,536 sessions takes 10^20 years on average. Its text is 32 hexadecimal
// digits in lower case, so that a session has one id only.
type random [16]byte

func newRandom() (r random) {
	// crypto/rand.Read never fails: it ends the process instead.
	_, _ = rand.Read(r[:])
	return r
}

func (r random) String() string { return hex.EncodeToString(r[:]) }

func parseRandom(text string) (r random, ok bool) {
	if len(text) != hex.EncodedLen(len(r)) {
		return r, false
	}
	for i := range len(text) {
		if 'A' <= text[i] && text[i] <= 'F' {
			return r, false
		}
	}
	_, err := hex.Decode(r[:], []byte(text))
	return r, err == nil
}
