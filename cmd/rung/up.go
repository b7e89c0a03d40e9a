package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rung/configs"
	"rung/targets"
	"rung/targets/clock"
	"rung/targets/launch"
)

func (a *app) upCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "up STAGE | FILE.yaml",
		Short: "Start a stage and leave it running",
		Long: `Start every node of a stage, print every address, and stop all of it on
Ctrl-C. Every role speaks its field's real protocol: dig, curl, psql and
redis-cli work against the printed addresses.`,
		Example:           "  rung up 04-load-balancer",
		Args:              cobra.ExactArgs(1),
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
		Directory: filepath.Join(data, "nodes"), Seed: settings.Seed, Log: func(node string) (io.WriteCloser, error) {
			return os.OpenFile(filepath.Join(data, node+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		}})
	if err != nil {
		return harness(err)
	}
	defer system.Close()
	if err := a.printAddresses(system, plan.Stages[0].ID, data); err != nil {
		return harness(err)
	}
	return a.stay(cmd.Context(), system)
}

// address is one line of what "up" prints.
type address struct {
	Role    string       `json:"role"`
	Kind    targets.Kind `json:"kind"`
	Node    string       `json:"node"`
	Address string       `json:"address"`
	TLS     string       `json:"tls,omitempty"`
	Private bool         `json:"private,omitempty"`
	Try     string       `json:"try,omitempty"`
}

func (a *app) printAddresses(system *launch.System, stage, logs string) error {
	t := system.Topology()
	endpoints := system.Endpoints()
	var all []address
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			e := endpoints[r.Name]
			all = append(all, address{Role: r.Name, Kind: r.Kind, Node: n.Name, Address: e.Address, TLS: e.TLS, Private: r.Private,
				Try: try(t, r, e.Address)})
		}
	}
	if a.json {
		return a.printJSON(struct {
			Stage string    `json:"stage"`
			Logs  string    `json:"logs"`
			Roles []address `json:"roles"`
		}{stage, logs, all})
	}
	fmt.Fprintf(a.stdout, "%s runs: %d nodes, started in %v. Logs: %s\n\n", stage, len(t.Nodes), system.Startup().Round(time.Millisecond), logs)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, r := range all {
		if r.Address == "" {
			r.Address = "(on standby)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Role, r.Kind, r.Address, r.Try)
		if r.TLS != "" {
			fmt.Fprintf(w, "\t\t%s\tcurl -k https://%s/users/1\n", r.TLS, r.TLS)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, "\nCtrl-C stops all of it.")
	return nil
}

// try is a command line that talks to a role.
func try(t targets.Topology, r targets.Role, at string) string {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return ""
	}
	switch {
	case r.Private:
		return "(private: refuses everything but its callers)"
	case r.Kind == targets.KindWeb || r.Kind == targets.KindBalancer:
		return fmt.Sprintf("curl -i http://%s/users/1", at)
	case r.Kind == targets.KindDatabase:
		return fmt.Sprintf("psql -h %s -p %s -U web shop", host, port)
	case r.Kind == targets.KindEdge:
		return fmt.Sprintf("curl -i http://%s/assets/%s; curl -X PURGE 'http://%s/*'", at, targets.AssetName(0), at)
	case r.Kind == targets.KindVolume:
		return fmt.Sprintf("curl -T FILE http://%s/dir/name", at)
	case r.Kind == targets.KindKeyValue || r.Kind == targets.KindCache:
		return fmt.Sprintf("redis-cli -h %s -p %s", host, port)
	case r.Kind == targets.KindNameserver || r.Kind == targets.KindResolver:
		dig := fmt.Sprintf("dig @%s -p %s %s", host, port, strings.TrimSuffix(t.Site, "."))
		if t.Static != "" && len(t.Regions) > 0 {
			last := t.Regions[len(t.Regions)-1]
			dig += fmt.Sprintf("; dig @%s -p %s +subnet=%s %s", host, port, last.Subnet, strings.TrimSuffix(t.Static, "."))
		}
		return dig
	}
	return ""
}

// stay waits for Ctrl-C. It says when a node ends, by itself or because
// somebody killed it to see what happens, and gives up when none is left.
func (a *app) stay(ctx context.Context, system *launch.System) error {
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
