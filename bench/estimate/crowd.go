package estimate

import (
	"fmt"
	"time"

	"rung/bench"
	"rung/targets"
)

// Crowd is who the users of an attack are, and where. The zero value is users
// without a region, of whom only the law of their popularity is known.
type Crowd struct {
	// Regions that they are spread over alike, by name; none means that they
	// have none.
	Regions []string
	// Hot is one user who gets a share of all requests that pick a user; the
	// others share the rest by their popularity. The zero value is nobody.
	Hot bench.Hot
	// UserOf returns the id, 1 to Data.Users, of the user of a rank of
	// popularity, 0 to Data.Users-1, each once. Nil means that it is not known:
	// the share of the hottest shard is then the median over random orders.
	UserOf func(rank int) int64
}

// PredictRegions is PredictAttack for users who are spread alike over some
// regions: each goes where DNS sends users of that region, so that the
// capacity is that of the whole site under this split, and the latencies are
// those over all users. No regions means users without one. It is an error
// when the topology lacks a region.
func PredictRegions(t targets.Topology, w bench.Workload, regions []string, rate float64, length, hop time.Duration) (bench.Prediction, error) {
	return PredictCrowd(t, w, Crowd{Regions: regions}, rate, length, hop)
}

// PredictCrowd is PredictAttack for the users of a crowd. It is an error when
// the topology lacks a region, and when the hot user is none of the workload's
// or their share is not 0 to 1.
func PredictCrowd(t targets.Topology, w bench.Workload, users Crowd, rate float64, length, hop time.Duration) (bench.Prediction, error) {
	c, err := users.conditions(w)
	if err != nil {
		return bench.Prediction{}, err
	}
	c.rate, c.length, c.hop = rate, max(length, 0), hop
	p, m, err := predict(t, w, c)
	if err != nil {
		return p, err
	}
	n := rate * c.length.Seconds()
	for i := range p.Estimates {
		switch e := &p.Estimates[i]; e.Fact {
		case "common.p50_ns":
			m.widen(e, rate, n, 0.5)
		case "common.p99_ns":
			m.widen(e, rate, n, 0.99)
		}
	}
	return p, nil
}

// conditions that the crowd makes.
func (u Crowd) conditions(w bench.Workload) (conditions, error) {
	if !(u.Hot.Ratio >= 0 && u.Hot.Ratio <= 1) {
		return conditions{}, fmt.Errorf("a share of %v for user %d: allowed is 0 to 1", u.Hot.Ratio, u.Hot.User)
	}
	if u.Hot.Ratio > 0 && (u.Hot.User < 1 || u.Hot.User > int64(w.Data.Users)) {
		return conditions{}, fmt.Errorf("user %d gets a share: allowed is 1 to %d", u.Hot.User, w.Data.Users)
	}
	return conditions{regions: u.Regions, hot: u.Hot, users: u.UserOf}, nil
}
