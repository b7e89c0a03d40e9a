package compare

import (
	"math"
	"reflect"
	"time"

	"rung/bench"
)

// drift is the ratio of two calibrations from which the machine was not the
// same, whatever its name.
const drift = 1.25

// differences warns of what makes two runs hard to compare.
func (c *comparer) differences(before, after bench.Run) {
	if before.Started.Equal(after.Started) && !before.Started.IsZero() {
		c.warn("both started at %s: is it the same run?", before.Started.UTC().Format(time.RFC3339))
	}
	for _, side := range []struct {
		name Side
		run  bench.Run
	}{{Before, before}, {After, after}} {
		if side.run.Partial != "" {
			c.warn("%s ended early: %s", side.name, side.run.Partial)
		}
		for _, s := range side.run.Stages {
			if s.Common != nil && s.Common.Generator.Limited != "" {
				c.warn("%s, %s: the generator was the limit: %s", side.name, s.Stage.ID, s.Common.Generator.Limited)
			}
			if s.Failed != "" {
				c.warn("%s, %s was not finished: %s", side.name, s.Stage.ID, s.Failed)
			}
		}
	}
	if before.Kind != after.Kind {
		c.warn("the kinds of run differ: %q and %q", before.Kind, after.Kind)
	}
	c.machines(before, after)
	if before.Profile.Name != after.Profile.Name {
		c.warn("the profiles differ: %q and %q", before.Profile.Name, after.Profile.Name)
	} else if before.Profile != after.Profile {
		c.warn("the profile %q is not the same in both: rates or times differ", before.Profile.Name)
	}
	if before.Hardware.Name != after.Hardware.Name {
		c.warn("the hardware sets differ: %q and %q", before.Hardware.Name, after.Hardware.Name)
	} else if !reflect.DeepEqual(before.Hardware.Rows, after.Hardware.Rows) {
		c.warn("the hardware set %q is not the same in both", before.Hardware.Name)
	}
	if before.Seed != after.Seed {
		c.warn("the seeds differ: %d and %d: the requests are not the same", before.Seed, after.Seed)
	}
	if !reflect.DeepEqual(before.Workload, after.Workload) {
		c.warn("the workloads differ")
	}
	if !reflect.DeepEqual(before.Endpoint, after.Endpoint) {
		c.warn("what was attacked differs: targets, plan or settings")
	}
}

// machines warns of another machine, or the same one in another mood.
func (c *comparer) machines(before, after bench.Run) {
	was, is := before.Host, after.Host
	was.Commit, is.Commit = "", "" // that is what is compared
	if was.Go != is.Go {
		c.warn("the Go versions differ: %s and %s", was.Go, is.Go)
		was.Go, is.Go = "", ""
	}
	if was != is {
		c.warn("the machines differ: %s/%s, %d CPUs %q, %d bytes, %s and %s/%s, %d CPUs %q, %d bytes, %s",
			was.OS, was.Arch, was.CPUs, was.CPU, was.Memory, was.Kernel, is.OS, is.Arch, is.CPUs, is.CPU, is.Memory, is.Kernel)
	}
	a, b := before.Calibration, after.Calibration
	if a.LoopbackP50 > 0 && b.LoopbackP50 > 0 && far(float64(a.LoopbackP50), float64(b.LoopbackP50)) {
		c.warn("an unloaded round trip took %v before and %v after: the machine was not equally fast", a.LoopbackP50, b.LoopbackP50)
	}
	if a.Ceiling > 0 && b.Ceiling > 0 && min(a.Ceiling, b.Ceiling) < alwaysTried && far(a.Ceiling, b.Ceiling) {
		c.warn("the generator reached %.0f/s before and %.0f/s after: the machine was not equally fast", a.Ceiling, b.Ceiling)
	}
}

// alwaysTried is the rate per second up to which every generator is tried. What
// one reaches beyond it depends on the rates that its run asked for.
const alwaysTried = 16_000

// far says that two calibrations differ by more than drift.
func far(a, b float64) bool { return math.Abs(math.Log(a/b)) > math.Log(drift) }

// topologies warns where a stage was changed, or another rate was sent.
func (c *comparer) topologies(p pair) {
	if !reflect.DeepEqual(p.before.Stage.Topology, p.after.Stage.Topology) {
		c.warn("%s: the topologies differ", p.id)
	}
	if was, is := p.before.Common, p.after.Common; was != nil && is != nil {
		if was.Rate != is.Rate || was.Plan != is.Plan {
			c.warn("%s: the loads differ: %s (%.4g/s) and %s (%.4g/s)", p.id, was.Plan, was.Rate, is.Plan, is.Rate)
		}
	}
}
