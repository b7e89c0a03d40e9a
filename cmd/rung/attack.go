package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rung/bench"
	"rung/bench/endpoint"
	"rung/reports"
	"rung/reports/export"
)

func (a *app) attackCommand() *cobra.Command {
	var f endpointFlags
	var rate string
	var duration time.Duration
	cmd := &cobra.Command{
		Use:   "attack [URL]... [--targets FILE]",
		Short: "Measure any endpoint by an open-loop attack",
		Long: `Send requests to URLs, or to the targets of a file, at the times of a plan,
whatever the answers do, and measure each from the time it was due. The result
is a report, run.json, histogram logs (.hlog), CSV and Prometheus text.

Rates: 1000 or 1000/s (evenly spaced), poisson:1000, ramp:100..1000,
steps:100,200,400, sine:MEAN,AMPLITUDE,PERIOD, spikes:BASE,PEAK,EVERY,LENGTH.

Thresholds set the exit code: 0 all passed, 1 some failed, 2 some are unknown
(too few samples, or the generator was the limit).

Only this machine is attacked, unless a host is named by --allow-host. Attack
nothing that is not yours.`,
		Example: `  rung attack --rate 1000 --duration 10s --slo 'p99<50ms,failures<1%' http://127.0.0.1:8080/
  rung attack --rate ramp:100..2000 --duration 1m --targets targets.txt
  rung attack --rate poisson:500 --http2 --insecure https://localhost:8443/`,
		RunE: func(cmd *cobra.Command, urls []string) error {
			return a.onEndpoint(cmd, f, urls, func(ctx context.Context, cfg endpoint.Config) (bench.Run, error) {
				var err error
				if cfg.Plan, err = endpoint.ParsePlan(rate, duration, cfg.Seed); err != nil {
					return bench.Run{}, err
				}
				return endpoint.Attack(ctx, cfg)
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&rate, "rate", "r", "100/s", "when requests are due: a rate, or a plan of rates")
	cmd.Flags().DurationVarP(&duration, "duration", "d", 10*time.Second, "how long")
	cmd.Flags().StringArrayVar(&f.slo, "slo", nil, "thresholds: p99<250ms,failures<1%,p50<=20ms,max<2s,rate>=990/s,goodput>900/s")
	return cmd
}

func (a *app) capacityCommand() *cobra.Command {
	var f endpointFlags
	var c endpoint.CapacityConfig
	var poisson bool
	cmd := &cobra.Command{
		Use:   "capacity [URL]... --slo 'p99<250ms,failures<1%'",
		Short: "Search the highest rate at which an endpoint meets an objective",
		Long: `Attack at one rate after another, on warm connections, until a rate that meets
the objective and a higher one that does not are close together. The result is
a bracket: the capacity lies between the two. Probes in which the generator was
the limit do not count.`,
		Example: `  rung capacity http://127.0.0.1:8080/ --slo 'p99<50ms,failures<1%' --start 500`,
		RunE: func(cmd *cobra.Command, urls []string) error {
			return a.onEndpoint(cmd, f, urls, func(ctx context.Context, cfg endpoint.Config) (bench.Run, error) {
				c.Config = cfg
				if poisson {
					c.Arrivals = bench.ArrivalsPoisson
				}
				return endpoint.Capacity(ctx, c)
			})
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.slo, "slo", nil, "the objective: p99<250ms,failures<1% (a percentile is needed)")
	flags.Float64Var(&c.Start, "start", 100, "first rate per second")
	flags.Float64Var(&c.MaxRate, "max-rate", 100_000, "highest rate per second")
	flags.DurationVar(&c.Length, "probe", 5*time.Second, "length of one probe")
	flags.IntVar(&c.Probes, "probes", 24, "most probes")
	flags.DurationVar(&c.Within, "within", 10*time.Minute, "most time for the search")
	flags.Float64Var(&c.Width, "width", 0.05, "width of the bracket: (failed-passed)/passed")
	flags.BoolVar(&poisson, "poisson", false, "independent arrivals in place of even ones")
	return cmd
}

// onEndpoint measures an endpoint and writes what was found.
func (a *app) onEndpoint(cmd *cobra.Command, f endpointFlags, urls []string, measure func(context.Context, endpoint.Config) (bench.Run, error)) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	if err := notZero(cmd, "timeout", "start", "max-rate", "probe", "probes", "within", "width"); err != nil {
		return exit{exitUsage, err}
	}
	cfg, err := a.endpointConfig(f, urls, settings.Seed)
	if err != nil {
		return exit{exitUsage, err}
	}
	out := settings.Out
	if out == "" {
		out = filepath.Join("runs", "attack-"+time.Now().Format("2006-01-02T15-04-05.000"))
	}
	files := &lateFolder{path: out}
	cfg.Files = files
	cfg.Ready = func() error { _, err := files.open(); return err }
	progress := a.liveProgress()
	cfg.Progress = progress.show
	result, runErr := measure(cmd.Context(), cfg)
	progress.end()
	var lookup *net.DNSError
	switch {
	case errors.Is(runErr, endpoint.ErrConfig), errors.Is(runErr, endpoint.ErrHost):
		return exit{exitUsage, runErr}
	case runErr != nil && len(result.Stages) == 0 && errors.Is(runErr, context.Canceled):
		return exit{exitFail, errors.New("interrupted: nothing was written")}
	case errors.As(runErr, &lookup) && len(result.Stages) == 0: // a name that does not exist
		return exit{exitUsage, runErr}
	case runErr != nil && len(result.Stages) == 0:
		return harness(runErr)
	}
	directory, err := files.open()
	if err != nil {
		return harness(err)
	}
	if runErr != nil && !measured(result) {
		rest, err := files.discard()
		return nothing(errors.Join(runErr, err), rest)
	}
	if err := a.keepAll(directory, result); err != nil {
		return harness(errors.Join(runErr, err))
	}
	return endOf(result, runErr)
}

// keepAll writes the results and what other tools read of them, in this order:
// where the results have no room, the exports stay those of the earlier run.
func (a *app) keepAll(directory *reports.Directory, result bench.Run) error {
	if err := keep(directory, result); err != nil {
		return err
	}
	return errors.Join(exports(directory, result), a.tell(directory, result))
}

// notZero refuses a zero that was written down: to the flags' receivers it
// would mean the default.
func notZero(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed && (flag.Value.String() == "0" || flag.Value.String() == "0s") {
			return fmt.Errorf("--%s is %s: it must be above 0", name, flag.Value)
		}
	}
	return nil
}

// lateFolder is a folder that is made when everything else was checked: a
// mistake in the flags leaves none behind.
type lateFolder struct {
	path      string
	directory *reports.Directory
	// earlier says that there was a run in it, fresh that it was not there.
	earlier, fresh bool
}

func (l *lateFolder) open() (*reports.Directory, error) {
	if l.directory == nil {
		_, err := os.Stat(l.path)
		l.fresh, l.earlier = errors.Is(err, os.ErrNotExist), holdsRun(l.path)
		directory, err := reports.Create(l.path)
		if err != nil {
			return nil, err
		}
		l.directory = directory
	}
	return l.directory, nil
}

// discard undoes open, and says what became of the folder.
func (l *lateFolder) discard() (rest string, err error) {
	switch {
	case l.earlier:
		return fmt.Sprintf("the earlier run in %s is intact", l.path), nil
	case l.fresh && l.directory != nil:
		err = os.RemoveAll(l.path) // this process made it
	}
	return "nothing was written", err
}

// Log implements endpoint.Files.
func (l *lateFolder) Log(stage, name string) (io.WriteCloser, error) {
	d, err := l.open()
	if err != nil {
		return nil, err
	}
	return d.Log(stage, name)
}

// exports writes what other tools read.
func exports(directory *reports.Directory, result bench.Run) error {
	var errs []error
	for name, write := range map[string]func(io.Writer, bench.Run) error{
		"stages.csv": export.CSV, "intervals.csv": export.IntervalsCSV, "metrics.prom": export.Prometheus, "bench.txt": export.Benchfmt,
	} {
		var b bytes.Buffer
		err := write(&b, result)
		if err == nil {
			err = directory.Write(name, b.Bytes())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// endOf is the exit of a run that was written down.
func endOf(result bench.Run, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return exit{max(codeOfWord(result.Verdict), exitFail), errors.New("interrupted: the report is partial")}
	case err != nil:
		return harness(err)
	}
	if code := codeOfWord(result.Verdict); code != exitPass {
		return exit{code: code}
	}
	return nil
}
