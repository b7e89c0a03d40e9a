package endpoint_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/endpoint"
)

var update = flag.Bool("update", false, "write the golden files")

// TestShapeOfARun holds what of run.json does not depend on the machine.
func TestShapeOfARun(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	cfg := config(t, s.URL, "p90<10s,failures<1%")
	cfg.Targets = []endpoint.Target{
		{URL: s.URL + "/items?page=1", Weight: 3},
		{Method: "POST", URL: s.URL + "/orders", Body: []byte(`{}`), Header: http.Header{"Content-Type": {"application/json"}}},
	}
	cfg.Plan, cfg.Tool, cfg.Warm = constant(t, 400, 500*time.Millisecond), "rung test", 50*time.Millisecond
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if run.Stages[0].Common.Generator.Limited != "" {
		t.Skipf("the machine was too busy: %s", run.Stages[0].Common.Generator.Limited)
	}
	data, err := json.MarshalIndent(still(run), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(string(data), strings.TrimPrefix(s.URL, "http://"), "127.0.0.1:PORT") + "\n"
	const golden = "testdata/run.golden.json"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the run has another shape (-update writes it):\n%s", got)
	}
}

// shape is what does not differ from run to run, by the names of run.json.
type shape struct {
	Kind     bench.Kind        `json:"kind"`
	Tool     string            `json:"tool"`
	Hardware bench.Hardware    `json:"hardware"`
	Endpoint *bench.Endpoint   `json:"endpoint"`
	SLO      bench.SLO         `json:"slo"`
	Arrivals bench.Arrivals    `json:"arrivals"`
	Stage    string            `json:"stage"`
	Title    string            `json:"title"`
	Name     string            `json:"name"`
	Plan     string            `json:"plan"`
	Planned  map[string]uint64 `json:"planned"`
	Facts    []string          `json:"facts"`
	Verdicts []bench.Verdict   `json:"verdicts"`
	Verdict  bench.Word        `json:"verdict"`
}

func still(run bench.Run) shape {
	stage := run.Stages[0]
	out := shape{Kind: run.Kind, Tool: run.Tool, Hardware: run.Hardware, Endpoint: run.Endpoint, SLO: run.Workload.SLO,
		Arrivals: run.Workload.Arrivals, Stage: stage.Stage.ID, Title: stage.Stage.Title, Name: stage.Common.Name, Plan: stage.Common.Plan,
		Planned: map[string]uint64{}, Verdict: run.Verdict}
	for _, o := range stage.Common.Operations {
		out.Planned[o.Operation] = o.Planned
	}
	for _, f := range stage.Facts {
		out.Facts = append(out.Facts, f.Name)
	}
	for _, v := range stage.Verdicts {
		v.Evidence = nil
		out.Verdicts = append(out.Verdicts, v)
	}
	return out
}
