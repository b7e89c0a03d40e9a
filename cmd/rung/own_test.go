package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rung/bench"
	"rung/configs"
	"rung/reports"
)

// The guide to a system of one's own, and its files.
const (
	guideFile = "../../docs/your-own-topology.md"
	examples  = "../../docs/examples"
)

// guide is the text of the guide in lines.
func guide(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(guideFile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

// TestGuideShowsItsFiles compares every block of YAML in the guide with the
// file that was named last before it.
func TestGuideShowsItsFiles(t *testing.T) {
	var file, block string
	inside, blocks, shown := false, 0, map[string]bool{}
	for number, line := range guide(t) {
		name, named := strings.CutSuffix(strings.TrimPrefix(line, "`"), "`:")
		switch {
		case line == "```yaml":
			inside, block = true, ""
		case inside && line == "```":
			inside = false
			blocks++
			text, err := os.ReadFile(filepath.Join("../..", file))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains("\n"+string(text), "\n"+block) {
				t.Errorf("line %d: this is not in %s:\n%s", number+1, file, block)
			}
			shown[file] = true
		case inside:
			block += line + "\n"
		case named && strings.HasPrefix(name, "docs/examples/"):
			file = name
		}
	}
	if blocks < 8 || inside {
		t.Errorf("the guide shows %d blocks, the last one open: %t", blocks, inside)
	}
	if stages, err := filepath.Glob(examples + "/stages/*.yaml"); err != nil || len(stages) < 4 {
		t.Errorf("stages %v, %v", stages, err)
	} else {
		for _, s := range stages {
			if name := "docs/examples/stages/" + filepath.Base(s); !shown[name] {
				t.Errorf("the guide does not show %s", name)
			}
		}
	}
}

// TestExamplesAreSound loads every example with its own workload and hardware,
// and with the built-in ones.
func TestExamplesAreSound(t *testing.T) {
	stages := []string{"helpdesk-1", "helpdesk-2", "helpdesk-3", "helpdesk-4"}
	for _, own := range []configs.Settings{
		{Profile: "quick", Workload: "helpdesk", Hardware: "our-cloud", Configs: examples},
		{Profile: "quick", Workload: "shop", Hardware: "book", Configs: examples},
	} {
		if _, err := own.Load(stages); err != nil {
			t.Errorf("%s, %s: %v", own.Workload, own.Hardware, err)
		}
	}
}

// TestMistakesAreAnsweredAsTheGuideSays makes every mistake of the guide's
// table in a copy of the examples, and compares what the program prints.
func TestMistakesAreAnsweredAsTheGuideSays(t *testing.T) {
	rows := 0
	for _, line := range guide(t) {
		cells := strings.Split(line, "` | `")
		if len(cells) != 4 {
			continue
		}
		rows++
		file, meant, wrote, says := strings.TrimPrefix(cells[0], "| `"), cells[1], cells[2], strings.TrimSuffix(cells[3], "` |")
		t.Run(wrote, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "own")
			if err := os.CopyFS(folder, os.DirFS(examples)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), meant); n != 1 {
				t.Fatalf("%q is %d times in %s", meant, n, file)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(text), meant, wrote, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			code := Main([]string{"stages", "--config", filepath.Join(folder, "settings.yaml"), "--configs", folder}, nil, &stdout, &stderr)
			first, _, _ := strings.Cut(strings.ReplaceAll(stderr.String(), folder+"/", ""), "\n")
			if code != exitUsage || first != "rung: "+says {
				t.Errorf("exit code %d, first line\n%s\nwant\nrung: %s", code, first, says)
			}
		})
	}
	if rows < 10 {
		t.Errorf("the guide has %d mistakes", rows)
	}
}

// TestSmallestExampleServes starts the two machines of the guide's first step
// by the guide's own command.
func TestSmallestExampleServes(t *testing.T) {
	cmd := program(t, append(command(t, "up"), "--json")...)
	cmd.Dir = "../.."
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var up struct {
		Roles []address `json:"roles"`
	}
	if err := json.NewDecoder(stdout).Decode(&up); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(up.Roles, func(a address) bool { return a.Role == "web" })
	if len(up.Roles) != 2 || i < 0 {
		t.Fatalf("roles %+v", up.Roles)
	}
	res, err := http.Get("http://" + up.Roles[i].Address + "/users/7")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), "user7@") {
		t.Errorf("status %d, %s, %v", res.StatusCode, body, err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

// command is the guide's first command of that name.
func command(t *testing.T, name string) []string {
	t.Helper()
	for _, line := range guide(t) {
		if rest, ok := strings.CutPrefix(line, "bin/rung "+name+" "); ok {
			return append([]string{name}, strings.Fields(rest)...)
		}
	}
	t.Fatalf("the guide has no command %s", name)
	return nil
}

// TestOwnSystemRuns runs the help desk, for a shorter time than the guide does:
// a kill of a web server, a worker, both workers and the primary.
func TestOwnSystemRuns(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	args := slices.DeleteFunc(command(t, "run"), func(a string) bool { return a == "helpdesk-2" || a == "helpdesk-3" })
	cmd := program(t, append(args, "--profile", "smoke", "--out", out)...)
	cmd.Dir = "../.."
	cmd.Env = append(cmd.Env, "RUNG_SET_PROFILE_COMMON=1s", "RUNG_SET_PROFILE_PROBE=500ms")
	said, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitPass && code != exitFail && code != exitUnknown {
		t.Fatalf("exit code %d, %v: %s", code, err, said)
	}
	run, err := reports.ReadRun(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Stages) != 1 || run.Stages[0].Stage.ID != "helpdesk-4" || run.Stages[0].Failed != "" || run.Partial != "" {
		t.Fatalf("%d stages, partial %q: %s", len(run.Stages), run.Partial, said)
	}
	if run.Workload.Name != "helpdesk" || run.Hardware.Name != "our-cloud" || run.Profile.Rate != 60 {
		t.Errorf("workload %s, hardware %s, %v/s: not the settings of the guide", run.Workload.Name, run.Hardware.Name, run.Profile.Rate)
	}
	stage := run.Stages[0]
	if stage.Processes != 9 || stage.Common == nil || stage.Common.Total.OK == 0 || stage.Capacity == nil || len(stage.Capacity.Probes) == 0 {
		t.Errorf("%d processes, measured: %t, searched: %t", stage.Processes, stage.Common != nil, stage.Capacity != nil)
	}
	for _, name := range []string{"web-1", "worker-1", "db-1", "both-workers"} {
		i := slices.IndexFunc(stage.Kills, func(k bench.KillRow) bool { return k.Node == name })
		if i < 0 {
			t.Errorf("%s was not killed", name)
			continue
		}
		nothingLost(t, stage.Kills[i])
	}
	for _, id := range []string{"jobs-outlive-workers", "database-loses-nothing"} {
		i := slices.IndexFunc(stage.Verdicts, func(v bench.Verdict) bool { return v.ID == id })
		if i < 0 || stage.Verdicts[i].Word == bench.Fail {
			t.Errorf("claim %s: %+v", id, stage.Verdicts)
		}
	}
	if _, err := os.Stat(filepath.Join(out, "report.html")); err != nil {
		t.Error(err)
	}
}

// nothingLost wants of a row of the kill matrix what no slow machine can
// spoil: what was acknowledged is there, and the others go on.
func nothingLost(t *testing.T, k bench.KillRow) {
	t.Helper()
	if !k.Happened || !k.Ledger.Checked || k.Ledger.Lost != 0 || k.Photos == nil || !k.Photos.Checked || k.Photos.Lost != 0 {
		t.Errorf("kill of %s: happened %t, posts %+v, photos %+v", k.Node, k.Happened, k.Ledger, k.Photos)
		return
	}
	posts := k.Node != "both-workers" // that one is photos only
	if posts && k.Ledger.Acknowledged == 0 || !posts && k.Photos.Acknowledged == 0 {
		t.Errorf("kill of %s: nothing was acknowledged: posts %+v, photos %+v", k.Node, k.Ledger, k.Photos)
	}
	// Half of what the balancer sends goes to the dead one, unless it notices.
	if k.Node != "db-1" && k.Doubt == "" && k.AvailabilityDown <= 0.5 {
		t.Errorf("kill of %s: only %.0f%% answered while it was down", k.Node, 100*k.AvailabilityDown)
	}
}
