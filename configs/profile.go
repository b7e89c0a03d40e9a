package configs

import (
	"fmt"
	"time"

	"rung/bench"
)

type profileFile struct {
	Profile   string  `yaml:"profile"`
	Rate      float64 `yaml:"rate"`
	Common    span    `yaml:"common"`
	Warm      span    `yaml:"warm"`
	Probe     span    `yaml:"probe"`
	Probes    int     `yaml:"probes"`
	Width     ratio   `yaml:"width"`
	Before    span    `yaml:"before"`
	After     span    `yaml:"after"`
	Failovers int     `yaml:"failovers"`
	Lanes     int     `yaml:"lanes"`
	Repeats   int     `yaml:"repeats"`
	Simulate  span    `yaml:"simulate"`
}

// Bounds of the time of a simulation: below the least, there are too few
// requests for a p99.
const (
	leastSimulate = 200 * time.Millisecond
	mostSimulate  = 10 * time.Minute
)

// mostRepeats bounds the rounds of a run.
const mostRepeats = 100

func repeatsAllowed() string { return fmt.Sprintf("1 to %d rounds", mostRepeats) }

func (d document) profile() (bench.Profile, error) {
	var f profileFile
	if err := d.into(&f); err != nil {
		return bench.Profile{}, err
	}
	p := bench.Profile{Name: f.Profile, Rate: f.Rate, Common: f.Common.duration(), Warm: f.Warm.duration(),
		Probe: f.Probe.duration(), Probes: f.Probes, Width: float64(f.Width), Before: f.Before.duration(),
		After: f.After.duration(), Lanes: max(f.Lanes, 1), Failovers: f.Failovers, Repeats: max(f.Repeats, 1),
		Simulate: f.Simulate.duration()}
	var es Errors
	if f.Profile == "" {
		es = append(es, d.at("profile", "the name is missing", "a name"))
	}
	if p.Rate <= 0 || p.Rate > 100_000 {
		es = append(es, d.at("rate", fmt.Sprintf("is %v", p.Rate), "more than 0, at most 100000 requests per second"))
	}
	for _, row := range []struct {
		field string
		value time.Duration
		low   time.Duration
	}{
		{"common", p.Common, time.Second}, {"warm", p.Warm, 0}, {"probe", p.Probe, 500 * time.Millisecond},
		{"before", p.Before, 100 * time.Millisecond}, {"after", p.After, 500 * time.Millisecond},
	} {
		if row.value < row.low || row.value > 10*time.Minute {
			es = append(es, d.at(row.field, fmt.Sprintf("is %v", row.value), fmt.Sprintf("%v to 10m", row.low)))
		}
	}
	if p.Probes < 2 || p.Probes > 50 {
		es = append(es, d.at("probes", fmt.Sprintf("is %d", p.Probes), "2 to 50"))
	}
	if f.Failovers < 0 || f.Failovers > 100 {
		es = append(es, d.at("failovers", fmt.Sprintf("is %d", f.Failovers), "1 to 100, or 0 for as many as the stages ask for"))
	}
	if f.Lanes < 0 || f.Lanes > 8 {
		es = append(es, d.at("lanes", fmt.Sprintf("is %d", f.Lanes), "1 to 8 stages at once"))
	}
	if p.Simulate != 0 && (p.Simulate < leastSimulate || p.Simulate > mostSimulate) {
		es = append(es, d.at("simulate", fmt.Sprintf("is %v", p.Simulate), fmt.Sprintf("%v to %v for each stage, or 0 for none", leastSimulate, mostSimulate)))
	}
	if f.Repeats < 0 || f.Repeats > mostRepeats {
		es = append(es, d.at("repeats", fmt.Sprintf("is %d", f.Repeats), repeatsAllowed()))
	}
	if p.Width < 0.005 || p.Width > 0.5 {
		es = append(es, d.at("width", fmt.Sprintf("is %v", p.Width), "0.5% to 50%"))
	}
	return p, es.or()
}
