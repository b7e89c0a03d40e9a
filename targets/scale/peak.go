package scale

import "time"

// peak is the highest value of a sliding window. It holds falling values only,
// each of them the highest since its time: no more than there are values
// between the bounds. The zero value is empty.
type peak struct{ values []valued }

type valued struct {
	at    time.Time
	value int
}

// add takes a value in and forgets those from before a time. Times do not go
// backwards.
func (p *peak) add(at time.Time, value int, before time.Time) {
	n := len(p.values)
	for n > 0 && p.values[n-1].value <= value {
		n--
	}
	p.values = append(p.values[:n], valued{at, value})
	old := 0
	for p.values[old].at.Before(before) {
		old++
	}
	p.values = append(p.values[:0], p.values[old:]...)
}

// highest is the highest value of the window, which is not empty.
func (p *peak) highest() int { return p.values[0].value }
