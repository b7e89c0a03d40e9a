package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/bench/plan"
	"rung/bench/record"
)

// measurement is the name of the one that a run is judged by, as on a stage.
const measurement = "common"

// Attack attacks the targets by the plan, once, and judges the thresholds.
// Errors before anything was sent wrap ErrConfig or ErrHost. When ctx ends,
// what was measured until then comes back with Partial set, together with the
// error.
func Attack(ctx context.Context, cfg Config) (bench.Run, error) {
	if cfg.Plan == nil {
		return bench.Run{}, fmt.Errorf("%w: no plan", ErrConfig)
	}
	mean := float64(cfg.Plan.Count()) / cfg.Plan.Duration().Seconds()
	peak := plan.Peak(cfg.Plan)
	return conduct(ctx, cfg, bench.KindAttack, peak, func(ctx context.Context, s *session) error {
		if most := s.out.Calibration.Ceiling; most > 0 && most < peak {
			s.out.Warnings = append(s.out.Warnings, fmt.Sprintf("%.4g/s are asked for, and the generator keeps up %.4g/s against a server that does nothing", peak, most))
		}
		s.out.Endpoint.Plan = cfg.Plan.String()
		s.out.Workload.Arrivals = plan.Arrivals(cfg.Plan)
		s.out.Profile = bench.Profile{Name: stage, Rate: mean, Common: cfg.Plan.Duration(), Warm: cfg.Warm, Repeats: 1}
		if err := s.warm(ctx, mean); err != nil {
			return err
		}
		seen, err := s.measure(ctx, order{name: measurement, plan: cfg.Plan, phase: "attack", source: s.source})
		if seen == nil {
			return err
		}
		s.result.Common = &seen.measurement
		s.state(seen)
		s.result.Verdicts = seen.judge.verdicts(seen.measurement)
		if dead := silent(seen); dead != nil {
			s.result.Verdicts = append(s.result.Verdicts, *dead)
		}
		return err
	})
}

// order is one measurement that is wanted.
type order struct {
	name   string
	plan   bench.Plan
	source *source
	// phase names it to whoever watches.
	phase string
}

// seen is what came of it.
type seen struct {
	measurement bench.Measurement
	judge       *judge
}

// measure carries an order out. When ctx ends what was measured comes back
// with the error, as if the plan had ended there.
func (s *session) measure(ctx context.Context, o order) (_ *seen, err error) {
	log, err := s.log(o.name)
	if err != nil {
		return nil, err
	}
	cfg := record.Config{Name: o.name, Operations: o.source.Operations(), Operation: o.source.operation, Plan: o.plan,
		Timeout: s.cfg.Timeout, Interval: interval(o.plan.Duration()), Started: time.Now().UTC(), Heat: true}
	if log != nil {
		cfg.Log = log
		defer func() {
			if closing := log.Close(); closing != nil {
				err = errors.Join(err, fmt.Errorf("histogram log of %s: %w", o.name, closing))
			}
		}()
	}
	recorder := record.New(cfg)
	m, j := &meter{}, newJudge(s.cfg.Thresholds)
	stop := watching{tell: s.cfg.Progress, phase: o.phase, plan: o.plan, meter: m, sent: o.source.started.Load}.start()
	defer stop()
	var began time.Time
	to := s.attack(o.name, o.plan, o.source, m)
	to.Began = func(t time.Time) { began = t; m.begin(t, o.plan.Duration()) }
	var sent uint64
	generator, err := attack.Run(ctx, to, o.source, o.plan, func(x *bench.Sample) {
		sent++
		relabel(x)
		recorder.Record(x)
		j.note(x)
		m.note(x)
	})
	if ctx.Err() != nil && !began.IsZero() {
		recorder.EndAt(plan.Until(o.plan, sent, j.last+1))
	}
	out := &seen{measurement: recorder.Finish(generator), judge: j}
	if hosts := len(s.guard.hosts); s.cfg.HTTP2 && generator.Sockets > hosts*s.cfg.Connections {
		out.measurement.Warnings = append(out.measurement.Warnings, fmt.Sprintf(
			"%d connections were open, %d are asked for: the server takes fewer than %d requests at once on one", generator.Sockets, hosts*s.cfg.Connections, streams))
	}
	if n := j.redirects; n > 0 {
		out.measurement.Warnings = append(out.measurement.Warnings, fmt.Sprintf(
			"%d of %d answers were redirects, which are not followed: what they lead to was not measured", n, out.measurement.Total.Sent))
	}
	if log != nil {
		out.measurement.Log = fmt.Sprintf("%s/%s.hlog", stage, o.name)
	}
	return out, err
}

func (s *session) log(name string) (io.WriteCloser, error) {
	if s.cfg.Files == nil {
		return nil, nil
	}
	return s.cfg.Files.Log(stage, name)
}

// interval of the time series: a second, or less where that would be few.
func interval(d time.Duration) time.Duration {
	const least = 10
	for _, one := range []time.Duration{time.Second, 500 * time.Millisecond, 200 * time.Millisecond} {
		if d/one >= least {
			return one
		}
	}
	return 100 * time.Millisecond
}

// relabel sorts an answer as that of an endpoint of which no rules are known:
// all of 400 and above are failures, each by its code.
func relabel(x *bench.Sample) {
	if x.Code >= 400 || x.Outcome == bench.Failed && x.Code > 0 {
		x.Outcome = bench.Failed
		x.Cause = strconv.Itoa(x.Code)
	}
}

// silent is a verdict on an endpoint that answered nothing well, or nil.
// Without it a run that has no threshold would pass.
func silent(o *seen) *bench.Verdict {
	t := o.measurement.Total
	if t.OK > 0 || t.Sent == 0 {
		return nil
	}
	v := bench.Verdict{ID: "answered", Text: "the endpoint answers", Word: bench.Fail,
		Evidence: []string{fmt.Sprintf("none of %d requests was answered well", t.Sent)}}
	if doubt := doubtOf(o.measurement); doubt != "" && o.judge.told == 0 {
		v.Word = bench.Unknown
		v.Evidence = append(v.Evidence, "in doubt: "+doubt)
	}
	return &v
}
