package run

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"rung/bench"
	"rung/bench/traffic"
	"rung/targets"
	"rung/targets/clock"
	"rung/targets/launch"
)

// session is the work on one stage.
type session struct {
	runner      *runner
	cfg         Config
	clock       *clock.Clock
	stage       bench.Stage
	calibration bench.Calibration
	facts       bench.Facts
	result      bench.StageResult
	// scaled are simulated capacities by the group that they count.
	scaled map[string][]bench.ScalingPoint
	// popularity says which users are asked for most.
	popularity *traffic.Shop
	// strained says why the real machine may have made the latest attacks
	// slower: those of the present experiment.
	strained string
	// usage is how many real cores the common load needed; 0 before.
	usage   float64
	attacks int // numbers the attacks, for seeds and keys
}

// run does everything that is asked of the stage. What was found before an
// error stays in the result.
func (s *session) run(ctx context.Context) error {
	err := s.onOwnTopology(ctx)
	if err == nil {
		err = s.onVariants(ctx)
	}
	s.figures()
	s.scalings()
	if err != nil {
		s.result.Failed = err.Error()
	}
	return err
}

func (s *session) onOwnTopology(ctx context.Context) error {
	floor := s.runner.floor
	var b *bed
	err := floor.carry(ctx, floor.bursting(), func() (err error) {
		b, err = s.begin(ctx)
		return err
	})
	if b != nil {
		defer b.close()
	}
	if err != nil {
		return err
	}
	if err := s.lookups(ctx, b); err != nil {
		return err
	}
	if err := s.standing(ctx, b); err != nil {
		return err
	}
	for _, e := range s.stage.Experiments {
		if e.Variant == "" {
			if err := s.onFloor(ctx, b, e, nil, false); err != nil {
				return err
			}
		}
	}
	for _, k := range s.stage.Kills {
		if err := floor.carry(ctx, s.cores(s.cfg.Profile.Rate), func() error { return s.kill(ctx, b, k) }); err != nil {
			return fmt.Errorf("kill %s: %w", k.Name(), err)
		}
	}
	return nil
}

// begin starts the stage's system.
func (s *session) begin(ctx context.Context) (*bed, error) {
	s.step("start %d processes", len(s.stage.Topology.Nodes))
	b, err := s.open(ctx, s.stage.Topology, "")
	if err != nil {
		return nil, err
	}
	s.result.Startup, s.result.Processes = b.system.Startup(), len(s.stage.Topology.Nodes)
	s.wires()
	return b, nil
}

// standing are the measurements that every stage gets: latency at the common
// load, and capacity.
func (s *session) standing(ctx context.Context, b *bed) error {
	before := b.read(ctx)
	floor := s.runner.floor
	err := floor.carry(ctx, max(floor.quietly(s.cores(s.cfg.Profile.Rate)), floor.apart()), func() error {
		// Entries of caches grow old: they are filled just before.
		if err := b.warm(ctx, s.cfg.Profile.Warm); err != nil {
			return err
		}
		return s.common(ctx, b)
	})
	if err != nil {
		return err
	}
	var capacity *bench.Capacity
	err = floor.carry(ctx, s.cores(mostProbed(s.result.Prediction, s.cfg.Profile)), func() (err error) {
		// Meanwhile others may have had the machine, longer than entries live.
		if err := b.warmCache(ctx, nil); err != nil {
			return err
		}
		capacity, err = s.capacity(ctx, b, s.likely(), s.cfg.Profile.Probes)
		return err
	})
	s.pools(before, b.read(context.WithoutCancel(ctx)))
	if capacity != nil {
		s.result.Capacity = capacity
		s.capacityFacts("", *capacity)
		s.cost(*capacity)
	}
	return err
}

// onFloor carries out an experiment, beside others if there is room. A cold
// system is warmed first.
func (s *session) onFloor(ctx context.Context, b *bed, e bench.Experiment, variant *bench.VariantResult, cold bool) error {
	p := s.result.Prediction
	if variant != nil {
		p = variant.Prediction
	}
	err := s.runner.floor.carry(ctx, s.coresOf(e, p), func() error {
		if cold {
			if err := b.warm(ctx, s.cfg.Profile.Warm/2); err != nil {
				return err
			}
		} else if e.Kind == bench.ExperimentLoad && wantsWarmth(e) {
			// What was warm at the start may have reached its TTL.
			if err := b.warmCache(ctx, nil); err != nil {
				return err
			}
		}
		return s.experiment(ctx, b, e, variant)
	})
	if err != nil {
		return fmt.Errorf("experiment %s: %w", e.Name, err)
	}
	return nil
}

// onVariants runs the experiments that want a changed topology, each variant
// in a system of its own.
func (s *session) onVariants(ctx context.Context) error {
	for _, v := range s.stage.Variants {
		var todo []bench.Experiment
		for _, e := range s.stage.Experiments {
			if e.Variant == v.Name {
				todo = append(todo, e)
			}
		}
		if len(todo) == 0 {
			continue
		}
		if err := s.onVariant(ctx, v, todo); err != nil {
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
	}
	return nil
}

func (s *session) onVariant(ctx context.Context, v bench.Variant, todo []bench.Experiment) error {
	result := bench.VariantResult{Name: v.Name, Text: v.Text}
	var err error
	if result.Prediction, err = s.predict(v.Topology); err != nil {
		return err
	}
	var b *bed
	err = s.runner.floor.carry(ctx, s.runner.floor.bursting(), func() (err error) {
		s.step("start variant %s", v.Name)
		b, err = s.open(ctx, v.Topology, v.Name)
		return err
	})
	if b != nil {
		defer b.close()
	}
	if err != nil {
		return err
	}
	cold := true
	for _, e := range todo {
		warm := cold && wantsWarmth(e)
		if err = s.onFloor(ctx, b, e, &result, warm); err != nil {
			break
		}
		cold = cold && !warm
	}
	s.result.Variants = append(s.result.Variants, result)
	return err
}

// wantsWarmth says that an experiment reads what caches and buffer pools may
// have, so that they must be as a long run would leave them.
func wantsWarmth(e bench.Experiment) bool {
	switch e.Kind {
	case bench.ExperimentFailover, bench.ExperimentTamper, bench.ExperimentPublish, bench.ExperimentDrain, bench.ExperimentDirect,
		bench.ExperimentTrace, bench.ExperimentPlacement, bench.ExperimentReshard:
		return false
	case bench.ExperimentLoad:
		return true // goodput counts from the first request on
	}
	reads := []targets.Operation{targets.OpUser, targets.OpOrders, targets.OpFollowing}
	return len(e.Operations) == 0 || slices.ContainsFunc(e.Operations, func(op targets.Operation) bool { return slices.Contains(reads, op) })
}

// open launches a topology and a client for it.
func (s *session) open(ctx context.Context, t targets.Topology, variant string) (*bed, error) {
	folder := s.stage.ID
	if variant != "" {
		folder += "-" + variant
	}
	system, err := launch.Start(ctx, t, launch.Config{Command: s.cfg.Node, Directory: filepath.Join(s.cfg.Data, folder),
		Templates: filepath.Join(s.cfg.Data, "templates"),
		Seed:      s.cfg.Seed, Clock: s.clock,
		Log: func(node string) (io.WriteCloser, error) { return s.cfg.Files.NodeLog(folder, node) }})
	if err != nil {
		return nil, err
	}
	b := newBed(s, system, folder)
	b.shop, err = traffic.New(s.workload(t), s.cfg.Seed, "warm")
	return b, err
}

// step tells of a step that takes next to no time.
func (s *session) step(format string, args ...any) { s.stepFor(0, format, args...) }

func (s *session) stepFor(expected time.Duration, format string, args ...any) {
	s.cfg.step(Step{Stage: s.stage.ID, What: fmt.Sprintf(format, args...), Done: s.runner.finished(), Stages: len(s.cfg.Stages), Expected: expected})
}

// wires states the round trip of every link.
func (s *session) wires() {
	for _, l := range s.stage.Topology.Links {
		s.facts.Add(fmt.Sprintf("wire.%s.%s.round_trip_ns", l.From, l.To), float64(2*l.OneWay), "the topology")
	}
}

// cost is the price of a million requests at capacity.
func (s *session) cost(c bench.Capacity) {
	rate, doubt := middle(c)
	if c.Passed <= 0 || s.stage.PricePerHour <= 0 {
		return
	}
	usd := s.stage.PricePerHour / 3600 / rate * 1e6
	s.result.CostPerMillion = &usd
	s.facts.Doubt("cost_per_million_usd", usd, "price per hour over requests per hour at capacity", doubt)
}
