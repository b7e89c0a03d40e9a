package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rung/bench"
	"rung/reports"
)

// program starts rung as a process of its own. TestMain of this binary takes
// RUNG_TEST_PROGRAM as a sign to be the program.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "RUNG_TEST_PROGRAM=1")
	t.Cleanup(func() {
		if cmd.Process != nil {
			cmd.Process.Kill() // gone already, if the test passed
		}
	})
	return cmd
}

// TestInterruptKeepsWhatWasMeasured sends Ctrl-C in the middle of a run.
func TestInterruptKeepsWhatWasMeasured(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	cmd := program(t, "run", "01-single-server", "02-separate-database", "--profile", "smoke", "--out", out)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pids := map[int]bool{}
	interrupted := false // a second Ctrl-C would end it at once
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if !interrupted && strings.Contains(lines.Text(), "common load") {
			interrupted = true
			for _, pid := range children(cmd.Process.Pid) {
				pids[pid] = true
			}
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd.Wait() // its exit code is checked below
	if code := cmd.ProcessState.ExitCode(); code == exitPass || code == exitHarness || code == exitUsage {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
	run, err := reports.ReadRun(out)
	if err != nil {
		t.Fatalf("what was measured is lost: %v", err)
	}
	// Stages run beside one another, so either may be the one that was measured.
	measured := slices.ContainsFunc(run.Stages, func(s bench.StageResult) bool { return s.Common != nil })
	if run.Partial != "interrupted" || !measured {
		t.Errorf("partial %q, %d stages, measured %t", run.Partial, len(run.Stages), measured)
	}
	if _, err := os.Stat(filepath.Join(out, "report.html")); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(out, ".data-*")); err != nil || len(left) > 0 {
		t.Errorf("data is left behind: %v, %v", left, err)
	}
	gone(t, pids)
}

// TestUpServesAndLeavesNothing starts a stage, uses it, and ends it by Ctrl-C
// and by SIGKILL.
func TestUpServesAndLeavesNothing(t *testing.T) {
	for _, row := range []struct {
		name   string
		signal syscall.Signal
		clean  bool
	}{{"Ctrl-C", syscall.SIGINT, true}, {"kill -9", syscall.SIGKILL, false}} {
		t.Run(row.name, func(t *testing.T) {
			cmd := program(t, "up", "04-load-balancer", "--json")
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
			for _, r := range up.Roles {
				if r.Role == "lb" {
					res, err := http.Get("http://" + r.Address + "/users/7")
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(res.Body)
					res.Body.Close()
					if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Server-Timing") == "" {
						t.Errorf("status %d, %s, %v", res.StatusCode, body, err)
					}
				}
			}
			pids := map[int]bool{}
			for _, pid := range children(cmd.Process.Pid) {
				pids[pid] = true
			}
			if len(pids) != 9 {
				t.Errorf("%d nodes run, want 9", len(pids))
			}
			if err := cmd.Process.Signal(row.signal); err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			if row.clean && err != nil {
				t.Errorf("after %s: %v", row.name, err)
			}
			gone(t, pids)
		})
	}
}

// children lists a process's children, by the kernel's word.
func children(pid int) []int {
	tasks, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "children"))
	if err != nil {
		return nil
	}
	var out []int
	for _, file := range tasks {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, field := range strings.Fields(string(data)) {
			if child, err := strconv.Atoi(field); err == nil {
				out = append(out, child)
			}
		}
	}
	return out
}

// gone waits until none of the processes runs any more.
func gone(t *testing.T, pids map[int]bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for pid := range pids {
		for running(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("node process %d is still there", pid)
			}
			<-time.After(20 * time.Millisecond)
		}
	}
}

func running(pid int) bool {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(data), ") ")
	return !strings.HasPrefix(state, "Z")
}
