package configs

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
)

// Plan is everything that a run needs, loaded and checked.
type Plan struct {
	Settings Settings
	Profile  bench.Profile
	Workload Workload
	Hardware Hardware
	// Baseline that measured times are shown with; nil means the hardware's.
	Baseline *bench.NumberSet
	Stages   []bench.Stage
}

// Load reads all that a run of the given stages needs. A stage is an id, or
// the path of a file when it has a slash or ends in .yaml. No stages means the
// whole ladder.
func (s Settings) Load(stages []string) (Plan, error) {
	l := s.Library()
	p := Plan{Settings: s}
	profile, err := s.overridden(l, "profiles", s.Profile)
	if err != nil {
		return p, err
	}
	if p.Profile, err = profile.profile(); err != nil {
		return p, err
	}
	if s.Repeats > 0 {
		p.Profile.Repeats = s.Repeats
	}
	workload, err := s.overridden(l, "workloads", s.Workload)
	if err != nil {
		return p, err
	}
	if p.Workload, err = workload.workload(); err != nil {
		return p, err
	}
	hardware, err := l.read("hardware", s.Hardware)
	if err != nil {
		return p, err
	}
	if p.Hardware, err = l.hardware(hardware); err != nil {
		return p, err
	}
	if s.Baseline != "" {
		set, err := l.Numbers(s.Baseline)
		if err != nil {
			return p, err
		}
		p.Baseline = &set
	}
	if len(stages) == 0 {
		stages = l.Stages()
	}
	return p, p.load(l, stages)
}

func (p *Plan) load(l Library, stages []string) error {
	known := l.Stages()
	var documents []document
	for _, name := range stages {
		stage, d, err := l.stage(name, p.Hardware, p.Workload)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.Stages, func(s bench.Stage) bool { return s.ID == stage.ID }) {
			return Error{File: d.name, Problem: fmt.Sprintf("stage %q is named twice", stage.ID), Allowed: "each stage once"}
		}
		p.Stages = append(p.Stages, stage)
		documents = append(documents, d)
		known = append(known, stage.ID)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for i, s := range p.Stages {
		for _, ref := range []struct{ field, id string }{{"previous", s.Previous}, {"compare", s.Compare}} {
			if ref.id != "" && (ref.id == s.ID || !slices.Contains(known, ref.id)) {
				return documents[i].at(ref.field, fmt.Sprintf("there is no other stage %q", ref.id), "allowed is "+strings.Join(known, ", "))
			}
		}
	}
	return nil
}

// Stage loads one stage by id or file.
func (l Library) Stage(name string, h Hardware, w Workload) (bench.Stage, error) {
	s, _, err := l.stage(name, h, w)
	return s, err
}

func (l Library) stage(name string, h Hardware, w Workload) (bench.Stage, document, error) {
	var d document
	var err error
	if strings.ContainsRune(name, '/') || strings.HasSuffix(name, ".yaml") {
		d, err = readFile(name)
	} else {
		d, err = l.read("stages", name)
	}
	if err != nil {
		return bench.Stage{}, d, err
	}
	b := builder{library: l, document: d, hardware: h, workload: w}
	s, err := b.stage()
	return s, d, err
}
