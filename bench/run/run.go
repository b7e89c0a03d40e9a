package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"rung/bench"
	"rung/bench/calibrate"
	"rung/targets/clock"
)

// Run runs every stage and returns what was found. When ctx ends, or the
// harness fails, the run so far comes back with Partial set, together with
// the error.
func Run(ctx context.Context, cfg Config) (bench.Run, error) {
	out := bench.Run{Schema: bench.Schema, Tool: cfg.Tool, Started: time.Now().UTC().Round(time.Millisecond), Seed: cfg.Seed,
		Profile: cfg.Profile, Hardware: cfg.Hardware, Baseline: cfg.Baseline, Workload: cfg.Workload, Host: calibrate.Host(cfg.Commit), Verdict: bench.Unknown}
	err := cfg.check()
	if err == nil {
		err = calibrate.RaiseFiles(wantedFiles)
	}
	if err == nil {
		err = runAll(ctx, cfg, &out)
	}
	out.Finished = time.Now().UTC().Round(time.Millisecond)
	if err != nil {
		out.Partial = err.Error()
		if errors.Is(err, context.Canceled) {
			out.Partial = "interrupted"
		}
	}
	out.Verdict = verdictOf(out)
	return out, err
}

func runAll(ctx context.Context, cfg Config, out *bench.Run) error {
	// Whoever paces an attack must not wait for a goroutine that computes: the
	// kernel preempts threads sooner than the runtime preempts goroutines.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads * runtime.NumCPU()))
	c := clock.New()
	defer c.Close()
	cfg.Progress = oneAtATime(cfg.Progress)
	if !c.Precise() {
		out.Warnings = append(out.Warnings, "no precise clock on this system: waits below 1 ms are too long")
	}
	cfg.step(Step{What: "calibrate the ruler", Stages: len(cfg.Stages), Expected: 4 * time.Second})
	measured, err := calibration(ctx, cfg, c)
	if err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	out.Calibration = measured
	if cfg.Profile.Repeats > 1 {
		cfg.Profile.Lanes = 1 // rounds must be alike: the others run alone
		out.Profile = cfg.Profile
	}
	r := &runner{cfg: cfg, clock: c, calibration: measured, floor: newFloor(cfg.Profile, runtime.NumCPU()), beds: map[*bed]bool{}}
	if err := r.opinions(ctx); err != nil {
		return err
	}
	if err := r.stages(ctx, out); err != nil {
		return err
	}
	return r.rounds(ctx, out)
}

// wantedFiles is what the harness needs: 512 connections to the site, and
// some for every node's pipes, logs and DNS.
const wantedFiles = 2048

// threads of the harness for each core.
const threads = 4

// verdictOf sums a run up. A run that ended early, and one whose ruler was
// not good enough, never pass.
func verdictOf(r bench.Run) bench.Word {
	word := bench.Pass
	if len(r.Stages) == 0 || r.Partial != "" {
		word = bench.Unknown
	}
	for _, s := range r.Stages {
		if s.Word == bench.Fail {
			return bench.Fail
		}
		if s.Word != bench.Pass {
			word = bench.Unknown
		}
	}
	return word
}

func (c Config) step(s Step) {
	if c.Progress != nil {
		c.Progress(s)
	}
}

// judge turns the stage's facts into verdicts. Before are the facts of the
// stage that this one is compared with.
func (s *session) judge(before bench.Facts) {
	all := bench.Facts{}
	for name, f := range s.facts {
		all[name] = f
	}
	for name, f := range before.Under("previous") {
		all[name] = f
	}
	for name, f := range all {
		if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
			delete(all, name) // JSON has no word for it, and neither has a verdict
			delete(s.facts, name)
		}
	}
	s.result.Facts = s.facts.Sorted()
	s.result.Verdicts = bench.Judge(s.stage.Claims, s.result.Prediction, all)
	if s.result.Capacity != nil && s.result.Prediction.Bottleneck.String() != "" {
		s.result.Verdicts = append(s.result.Verdicts, bench.JudgeLimit(s.result.Prediction, *s.result.Capacity))
	}
	s.result.Word = bench.Worst(s.result.Verdicts)
	if s.result.Failed != "" && s.result.Word == bench.Pass {
		s.result.Word = bench.Unknown
	}
}
