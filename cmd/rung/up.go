package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rung/configs"
	"rung/targets/clock"
	"rung/targets/launch"
	"rung/targets/supervise"
)

func (a *app) upCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "up STAGE | FILE.yaml",
		Short: "Start a stage and leave it running",
		Long: `Start every node of a stage, print every address, and stop all of it on
Ctrl-C. Every role speaks its field's real protocol: dig, curl, psql and
redis-cli and NATS clients work against the printed addresses. Where nodes
expose metrics, a scrape configuration for Prometheus and a dashboard for
Grafana are written too. Where there is a supervisor, it replaces nodes that
you kill.`,
		Example:           "  rung up 04-load-balancer",
		Args:              takes(1, "one stage, such as 04-load-balancer, or a file"),
		ValidArgsFunction: a.completeStages,
		RunE:              a.up,
	}
	cmd.Flags().String("workload", "", "what users do (default shop)")
	cmd.Flags().String("hardware", "", "what is emulated: book (default), modern or bare")
	cmd.Flags().Uint64("seed", 1, "seed of everything random")
	var l configs.Library
	chooses(cmd, "workload", l.Workloads)
	chooses(cmd, "hardware", l.Hardware)
	return cmd
}

func (a *app) up(cmd *cobra.Command, args []string) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	plan, err := settings.Load(args)
	if err != nil {
		return usage(err)
	}
	command, err := self()
	if err != nil {
		return err
	}
	data, err := os.MkdirTemp("", "rung-up-")
	if err != nil {
		return harness(fmt.Errorf("folder for the nodes' data: %w", err))
	}
	defer os.RemoveAll(data)
	c := clock.New()
	defer c.Close()
	system, err := launch.Start(cmd.Context(), plan.Stages[0].Topology, launch.Config{Command: command, Clock: c,
		Directory: filepath.Join(data, "nodes"), Templates: filepath.Join(data, "templates"), Seed: settings.Seed, Log: func(node string) (io.WriteCloser, error) {
			return os.OpenFile(filepath.Join(data, node+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		}})
	if err != nil {
		return harness(err)
	}
	defer system.Close()
	running := up{Stage: plan.Stages[0].ID, Logs: data, Roles: addresses(system), Telemetry: telemetryOf(system)}
	if err := running.writeFiles(data); err != nil {
		return harness(err)
	}
	if err := a.printUp(system, running); err != nil {
		return harness(err)
	}
	return a.stay(cmd.Context(), system)
}

// stay waits for Ctrl-C. It says when a node ends, by itself or because
// somebody killed it to see what happens, and gives up when none is left.
func (a *app) stay(ctx context.Context, system *launch.System) error {
	if spec := system.Topology().Supervisor; spec != nil {
		watching, stop := context.WithCancel(ctx)
		over := make(chan struct{})
		go func() {
			defer close(over)
			supervise.Run(watching, *spec, launch.Supervised{System: system}, a.sayEvent) // ends with the context only: the topology was checked
		}()
		defer func() { stop(); <-over }()
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	ended := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			alive := 0
			for _, n := range system.Topology().Nodes {
				switch {
				case system.Alive(n.Name):
					alive++
					ended[n.Name] = false // it may have been replaced
				case !n.Standby && !ended[n.Name]:
					ended[n.Name] = true
					fmt.Fprintf(a.stderr, "node %s has ended; its log says why, unless it was killed\n", n.Name)
				}
			}
			if alive == 0 {
				return harness(errors.New("every node has ended"))
			}
		}
	}
}

// sayEvent says what the supervisor sees and does.
func (a *app) sayEvent(e supervise.Event) {
	cause := ""
	if e.Cause != "" {
		cause = ": " + e.Cause
	}
	fmt.Fprintf(a.stderr, "supervisor: node %s is %s%s\n", e.Node, e.What, cause)
}
