package simulate

import (
	"math"
	"slices"
	"time"
)

// Policy is how a request picks one of equal servers.
type Policy string

// The policies. The zero Policy is PolicyRandom.
const (
	PolicyRoundRobin Policy = "round-robin"
	// PolicyRandom draws a server each time.
	PolicyRandom Policy = "random"
	// PolicyRandomTwo draws two and takes the one with fewer requests held.
	PolicyRandomTwo Policy = "random-two-choices"
	// PolicyLeastConnections takes the server with the fewest requests held; of
	// equals the one whose last turn is longest ago.
	PolicyLeastConnections Policy = "least-connections"
	// PolicyKey takes the same server for the same request each time, and
	// spreads requests evenly.
	PolicyKey Policy = "key"
)

// Policies lists the policies.
func Policies() []Policy {
	return []Policy{PolicyRoundRobin, PolicyRandom, PolicyRandomTwo, PolicyLeastConnections, PolicyKey}
}

// Group is equal servers.
type Group struct {
	Name string
	// Servers of each cell, at least 1.
	Servers int
	// Cells divide the data: each request belongs to one cell by its key, and
	// to the same one in all groups with that many cells. 0 means that the
	// group is not divided, and counts as 1.
	Cells  int
	Policy Policy
	// Callers is 1 + the index of the group whose servers each count the
	// requests that they hold here themselves, for PolicyRandomTwo; 0 when all
	// see one count. Above a million pairs of servers it is one count.
	Callers int
}

// Station is one resource that each server of a group has.
type Station struct {
	Name string
	// Group indexes Network.Groups.
	Group int
	// Slots of each server, at least 1.
	Slots int
	// Queue is how many pieces of work may wait at each server; work that
	// finds it full fails. Negative means any number.
	Queue int
	// Quantum is the longest time that work holds a slot before it goes to the
	// back of the queue. Zero means that it is never cut.
	Quantum time.Duration
}

// Route is one way that requests can go.
type Route struct {
	// Operation that results are also given for; empty is a name like others.
	Operation string
	// Share of all requests; only the ratios of shares matter.
	Share float64
	Steps []Step
}

// Network is what is simulated. Use [Network.Check] before it is trusted.
type Network struct {
	Groups   []Group
	Stations []Station
	Appliers []Applier
	Routes   []Route
}

// Servers is the number of servers in all groups.
func (n Network) Servers() int {
	total := 0
	for _, g := range n.Groups {
		total += g.total()
	}
	return total
}

func (g Group) cells() int { return max(1, g.Cells) }

func (g Group) total() int { return g.Servers * g.cells() }

// Scale is a network of factor times the size, a positive number: divided
// groups get more cells, the others more servers, rounded up. Routes stay as
// they are: a request still does the same, at one of more servers. What grows
// with the site besides (the size of fan-outs, misses by the size of the data)
// is the caller's to change.
func (n Network) Scale(factor float64) Network {
	return n.ScaleBy(func(Group) float64 { return factor })
}

// ScaleBy is Scale with a factor for each group.
func (n Network) ScaleBy(factor func(Group) float64) Network {
	n.Groups = slices.Clone(n.Groups)
	for i, g := range n.Groups {
		f := factor(g)
		if g.Cells > 0 {
			n.Groups[i].Cells = scaled(g.Cells, f)
		} else {
			n.Groups[i].Servers = scaled(g.Servers, f)
		}
	}
	return n
}

func scaled(count int, factor float64) int {
	const rounding = 1e-9 // of a server: 3.0000000001 is three
	if x := math.Ceil(float64(count)*factor - rounding); x >= 1 && x <= MaxServers {
		return int(x)
	} else if x > MaxServers {
		return MaxServers + 1 // which Check refuses
	}
	return 1
}

// Ceiling is the rate in requests per second at which the first station has no
// time left, and that station's index; infinite and -1 when nothing takes
// time. What appliers do counts as if each batch held one item.
func (n Network) Ceiling() (rate float64, station int) {
	demand := make([]float64, len(n.Stations))
	total := 0.0
	for _, r := range n.Routes {
		total += r.Share
		n.demand(r.Steps, r.Share, demand)
	}
	rate, station = math.Inf(1), -1
	for i, s := range n.Stations {
		if demand[i] <= 0 {
			continue
		}
		if c := float64(s.Slots*n.Groups[s.Group].total()) * total / demand[i]; c < rate {
			rate, station = c, i
		}
	}
	return rate, station
}

// demand adds the slot time in seconds that steps ask of each station.
func (n Network) demand(steps []Step, share float64, out []float64) {
	for _, s := range steps {
		switch s.kind {
		case stepWork:
			out[s.index] += share * s.law.Mean.Seconds()
		case stepFork:
			for _, b := range s.branches {
				n.demand(b.Steps, share*b.Chance, out)
			}
		}
	}
}

// Steps is the mean number of steps of a request, with those of its branches: a
// measure of what it costs to simulate.
func (n Network) Steps() float64 {
	total, steps := 0.0, 0.0
	for _, r := range n.Routes {
		total += r.Share
		steps += r.Share * weight(r.Steps)
	}
	if total <= 0 {
		return 0
	}
	return steps/total + 2 // it comes and goes
}

func weight(steps []Step) float64 {
	w := float64(len(steps))
	for _, s := range steps {
		for _, b := range s.branches {
			w += b.Chance * (1 + weight(b.Steps))
		}
	}
	return w
}
