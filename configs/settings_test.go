package configs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"rung/configs"
)

// file writes a file under a fresh folder, and returns its path.
func file(t *testing.T, folder, name, text string) string {
	t.Helper()
	at := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	f := pflag.NewFlagSet("rung", pflag.ContinueOnError)
	f.String("profile", "flag-default", "")
	f.String("hardware", "flag-default", "")
	f.Uint64("seed", 99, "")
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSettingsPrecedence(t *testing.T) {
	for _, row := range []struct {
		name    string
		file    string
		env     map[string]string
		args    []string
		profile string
		seed    uint64
	}{
		{"defaults, not those of flags", "", nil, nil, "quick", 1},
		{"file over default", "profile: full\nseed: 5", nil, nil, "full", 5},
		{"environment over file", "profile: full\nseed: 5", map[string]string{"RUNG_PROFILE": "smoke", "RUNG_SEED": "6"}, nil, "smoke", 6},
		{"flag over environment", "profile: full\nseed: 5", map[string]string{"RUNG_PROFILE": "smoke", "RUNG_SEED": "6"}, []string{"--profile=mine", "--seed=7"}, "mine", 7},
		{"flag over file", "profile: full", nil, []string{"--profile", "mine"}, "mine", 1},
		{"an empty variable is not set", "profile: full", map[string]string{"RUNG_PROFILE": ""}, nil, "full", 1},
		{"a field without a value is left out", "profile:\nseed: 3", nil, nil, "quick", 3},
		{"the largest seed", "seed: 18446744073709551615", nil, nil, "quick", 18446744073709551615},
		{"seed zero", "", map[string]string{"RUNG_SEED": "0"}, nil, "quick", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			for name, value := range row.env {
				t.Setenv(name, value)
			}
			path := ""
			if row.file != "" {
				path = file(t, t.TempDir(), "rung.yaml", row.file)
			}
			s, err := configs.LoadSettings(flags(t, row.args...), path)
			if err != nil {
				t.Fatal(err)
			}
			if s.Profile != row.profile || s.Seed != row.seed || s.Hardware != "book" || s.Workload != "shop" {
				t.Errorf("got profile %q, seed %d, hardware %q, workload %q", s.Profile, s.Seed, s.Hardware, s.Workload)
			}
		})
	}
}

func TestSettingsFileFromEnvironment(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("RUNG_CONFIG", file(t, folder, "env.yaml", "profile: full"))
	if s, err := configs.LoadSettings(nil, ""); err != nil || s.Profile != "full" {
		t.Errorf("RUNG_CONFIG gives %q, %v", s.Profile, err)
	}
	if s, err := configs.LoadSettings(nil, file(t, folder, "flag.yaml", "profile: smoke")); err != nil || s.Profile != "smoke" {
		t.Errorf("--config over RUNG_CONFIG gives %q, %v", s.Profile, err)
	}
}

func TestSettingsMistakes(t *testing.T) {
	for _, row := range []struct {
		name, text, env, value, want string
	}{
		{"unknown field", "profle: full", "", "", "rung.yaml:1: profle: unknown field (allowed is profile, workload, hardware, seed, out, configs, repeats, baseline, set)"},
		{"a list", "seed: 1\nprofile: [full]", "", "", "rung.yaml:2: profile: is a list (must be one value)"},
		{"not a seed", "seed: many", "", "", `seed: "many" is not a seed (a whole number from 0 to 18446744073709551615)`},
		{"a seed with a sign", "", "RUNG_SEED", "-1", `seed: "-1" is not a seed (a whole number from 0 to 18446744073709551615)`},
		{"a seed that is too large", "", "RUNG_SEED", "18446744073709551616", `seed: "18446744073709551616" is not a seed (a whole number from 0 to 18446744073709551615)`},
		{"a seed with a tail", "", "RUNG_SEED", "7x", `seed: "7x" is not a seed (a whole number from 0 to 18446744073709551615)`},
		{"no folder", "configs: /nowhere/at/all", "", "", "/nowhere/at/all: configs: is not a folder that can be read (a folder with stages, profiles, workloads, hardware, parts or numbers in it)"},
		{"set of nothing", "set: 5", "", "", "rung.yaml:1: set: is a whole number (must be fields: profile, workload)"},
		{"set of an unknown section", "set: {stage: {title: x}}", "", "", "rung.yaml:1: set.stage: is not a group of fields that can be set (allowed is profile, workload)"},
		{"set of an empty section", "set: {stage: {}}", "", "", "rung.yaml:1: set.stage: is not a group of fields that can be set (allowed is profile, workload)"},
		{"set without a value", "set:\n  profile:\n    probe:", "", "", "rung.yaml:3: set.profile.probe: has no value (a value)"},
		{"variable of an unknown section", "", "RUNG_SET_STAGE_TITLE", "x", "RUNG_SET_STAGE_TITLE: unknown field (RUNG_SET_PROFILE_… or RUNG_SET_WORKLOAD_…)"},
		{"not YAML", "a: [", "", "", "rung.yaml:1: is not YAML: did not find expected node content"},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			if row.env != "" {
				t.Setenv(row.env, row.value)
			}
			path := ""
			if row.text != "" {
				path = file(t, folder, "rung.yaml", row.text)
			}
			_, err := configs.LoadSettings(nil, path)
			if err = inFolder(err, folder+"/"); err == nil || err.Error() != row.want {
				t.Errorf("\ngot  %v\nwant %s", err, row.want)
			}
		})
	}
}

func TestSettingsFileThatCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	for _, row := range []struct{ path, want string }{
		{filepath.Join(folder, "none.yaml"), "none.yaml: cannot be read: no such file or directory"},
		{folder, filepath.Base(folder) + ": is a folder (a YAML file)"},
		{"/dev/zero", "/dev/zero: is too large (at most 1048576 bytes)"},
	} {
		_, err := configs.LoadSettings(nil, row.path)
		if err == nil || strings.TrimPrefix(strings.TrimPrefix(err.Error(), folder+"/"), filepath.Dir(folder)+"/") != row.want {
			t.Errorf("\ngot  %v\nwant %s", err, row.want)
		}
	}
}

func TestOverrides(t *testing.T) {
	const set = "set:\n  profile: {probe: 7s, width: 0.25}\n  workload:\n    slo: {latency: 123ms}\n    demand: {web: {photo: 50ms}, shape: exponential}\n    zipf_exponent: 0.5\n"
	t.Setenv("RUNG_SET_PROFILE_PROBE", "9s") // over the file's
	t.Setenv("RUNG_SET_WORKLOAD_SLO_QUANTILE", "0.95")
	t.Setenv("RUNG_SET_WORKLOAD_DATA_ORDERS_PER_USER", "7")
	t.Setenv("RUNG_SET_PROFILE_WARM", "") // not set
	s, err := configs.LoadSettings(nil, file(t, t.TempDir(), "rung.yaml", set))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Load([]string{"02-separate-database"})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := configs.Settings{Profile: "quick", Workload: "shop", Hardware: "book"}.Load([]string{"02-separate-database"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Profile.Probe != 9*time.Second || p.Profile.Width != 0.25 || p.Profile.Common != plain.Profile.Common || p.Profile.Warm != plain.Profile.Warm {
		t.Errorf("profile is %+v", p.Profile)
	}
	w := p.Workload
	if w.SLO.Latency != 123*time.Millisecond || w.SLO.Quantile != 0.95 || w.Exponent != 0.5 || w.Data.OrdersPerUser != 7 || w.Data.Users != plain.Workload.Data.Users {
		t.Errorf("workload is %+v", w.Workload)
	}
	if law := w.Web["photo"]; law.Mean != 50*time.Millisecond || law.Shape != "exponential" {
		t.Errorf("a photo takes %+v", law)
	}
	if law := w.Web["user"]; law.Mean != plain.Workload.Web["user"].Mean {
		t.Errorf("a user takes %+v", law)
	}
	if db, _, _ := p.Stages[0].Topology.Role("db"); db.Database.Data.OrdersPerUser != 7 {
		t.Errorf("the database holds %+v", db.Database.Data)
	}
}

func TestOverrideMistakes(t *testing.T) {
	const profile = " (allowed is after, before, common, failovers, lanes, probe, probes, profile, rate, simulate, warm, width)"
	for _, row := range []struct {
		name, text, env, value, want string
	}{
		{"unknown field in the file", "set:\n  profile:\n    prob: 1s", "", "", "rung.yaml:3: set.profile.prob: is not a single value in configs/profiles/quick.yaml" + profile},
		{"unknown variable", "", "RUNG_SET_PROFILE_PROB", "1s", "RUNG_SET_PROFILE_PROB: set.profile.PROB: is not a single value in configs/profiles/quick.yaml" + profile},
		{"value of the wrong kind, in the file", "set:\n  profile:\n    probe: soon", "", "", `rung.yaml:3: probe: "soon" is not a duration: write it like 250ms (units: ns us ms s m h)`},
		{"value of the wrong kind, in a variable", "", "RUNG_SET_PROFILE_PROBES", "5.5", `RUNG_SET_PROFILE_PROBES: probes: "5.5" is a decimal number (must be a whole number)`},
		{"value out of range, in a variable", "", "RUNG_SET_PROFILE_PROBES", "500", `RUNG_SET_PROFILE_PROBES: probes: is 500 (2 to 50)`},
		{"value that is YAML", "", "RUNG_SET_PROFILE_PROBE", "{a: b}", `RUNG_SET_PROFILE_PROBE: probe: "{a: b}" is not a duration: write it like 250ms (units: ns us ms s m h)`},
		{"value with a line break", "", "RUNG_SET_PROFILE_PROBE", "1s\nrate: 1", `RUNG_SET_PROFILE_PROBE: probe: "1s\nrate: 1" is not a duration: write it like 250ms (units: ns us ms s m h)`},
		{"list for a value", "set:\n  profile: {probe: [1s]}", "", "", "rung.yaml:2: set.profile.probe: is not a single value in configs/profiles/quick.yaml" + profile},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder, path := t.TempDir(), ""
			if row.env != "" {
				t.Setenv(row.env, row.value)
			}
			if row.text != "" {
				path = file(t, folder, "rung.yaml", row.text)
			}
			s, err := configs.LoadSettings(nil, path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Load([]string{"01-single-server"})
			if err = inFolder(err, folder+"/"); err == nil || err.Error() != row.want {
				t.Errorf("\ngot  %v\nwant %s", err, row.want)
			}
		})
	}
}
