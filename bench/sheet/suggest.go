package sheet

import "strings"

// didYouMean is the end of a message about an unknown name: the nearest known
// name, or nothing when none is near.
func didYouMean(name string, known []string) string {
	best, least := "", 1+max(1, min(len(name), 40)/3)
	if len(name) < 2 {
		return "" // every other letter is as near
	}
	for _, k := range known {
		if len(k) > 40 || len(name) > 40 {
			continue
		}
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	two, one := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := range len(a) {
		now := make([]int, len(b)+1)
		now[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			now[j+1] = min(one[j]+cost, one[j+1]+1, now[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				now[j+1] = min(now[j+1], two[j-1]+1)
			}
		}
		two, one = one, now
	}
	return one[len(b)]
}
