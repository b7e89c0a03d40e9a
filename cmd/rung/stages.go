package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rung/bench"
)

func (a *app) stagesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stages",
		Short: "List the ladder",
		Args:  cobra.NoArgs,
		RunE:  a.stages,
	}
	cmd.Flags().String("hardware", "", "what is emulated: book (default), modern or bare")
	return cmd
}

// rungOf is a line of the ladder.
type rungOf struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Adds   string   `json:"adds"`
	Nodes  []string `json:"nodes"`
	Claims []string `json:"claims"`
	Price  float64  `json:"price_usd_per_hour"`
}

func (a *app) stages(cmd *cobra.Command, _ []string) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	plan, err := settings.Load(nil)
	if err != nil {
		return usage(err)
	}
	var ladder []rungOf
	for _, s := range plan.Stages {
		ladder = append(ladder, describe(s))
	}
	if a.json {
		return a.printJSON(ladder)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STAGE\tNODES\tCLAIMS\tUSD/HOUR\tADDS")
	longest := 0
	for _, r := range ladder {
		longest = max(longest, len(r.ID))
	}
	for _, r := range ladder {
		adds := a.hang(r.Adds, longest+len("  NODES  CLAIMS  USD/HOUR  "))
		fmt.Fprintf(w, "%s\t%d\t%d\t%.3f\t%s\n", r.ID, len(r.Nodes), len(r.Claims), r.Price, adds[0])
		for _, more := range adds[1:] {
			fmt.Fprintf(w, "\t\t\t\t%s\n", more)
		}
	}
	return flush(w)
}

func describe(s bench.Stage) rungOf {
	r := rungOf{ID: s.ID, Title: s.Title, Adds: s.Adds, Price: s.PricePerHour}
	for _, n := range s.Topology.Nodes {
		r.Nodes = append(r.Nodes, n.Name)
	}
	for _, c := range s.Claims {
		r.Claims = append(r.Claims, c.Text)
	}
	return r
}
