package configs

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"rung/bench"
)

// Settings are what a run is told: by flags, by environment variables
// (RUNG_PROFILE and so on), by a settings file (RUNG_CONFIG or --config), and
// by defaults, in this order of precedence.
type Settings struct {
	Profile  string
	Workload string
	Hardware string
	Seed     uint64
	Out      string
	// Configs is a folder of the user's own files.
	Configs string

	set *viper.Viper
}

// settingKeys are the keys of a settings file beside the sections workload
// and profile, whose fields override those of the chosen files.
var settingKeys = map[string]any{
	"profile": "quick", "workload": "shop", "hardware": "book", "seed": uint64(1), "out": "", "configs": "",
}

// sections are the files whose single fields can be overridden.
const overridePrefix = "set."

// LoadSettings reads the settings for a command whose flags are given. Flags
// that the command does not have fall back to environment and file.
func LoadSettings(flags *pflag.FlagSet, file string) (Settings, error) {
	v := viper.New()
	v.SetEnvPrefix("rung")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_", "-", "_"))
	v.AutomaticEnv()
	for key, value := range settingKeys {
		v.SetDefault(key, value)
		if f := flags.Lookup(key); f != nil {
			if err := v.BindPFlag(key, f); err != nil {
				return Settings{}, fmt.Errorf("flag %s: %w", key, err)
			}
		}
	}
	if file == "" {
		file = os.Getenv("RUNG_CONFIG")
	}
	if file != "" {
		if err := mergeFile(v, file); err != nil {
			return Settings{}, err
		}
	}
	s := Settings{Profile: v.GetString("profile"), Workload: v.GetString("workload"), Hardware: v.GetString("hardware"),
		Out: v.GetString("out"), Configs: v.GetString("configs"), set: v}
	seed := strings.TrimSpace(v.GetString("seed"))
	if _, err := fmt.Sscanf(seed, "%d", &s.Seed); err != nil || fmt.Sprint(s.Seed) != seed {
		return s, Error{Field: "seed", Problem: fmt.Sprintf("%q is not a seed", seed), Allowed: "a whole number from 0 to 18446744073709551615"}
	}
	return s, nil
}

func mergeFile(v *viper.Viper, file string) error {
	d, err := readFile(file)
	if err != nil {
		return Error{File: file, Problem: err.Error()}
	}
	own, err := d.settings()
	if err != nil {
		return err
	}
	for key := range own.AllSettings() {
		if _, ok := settingKeys[key]; !ok && key != "set" {
			return d.at(key, "unknown field", "profile, workload, hardware, seed, out, configs, set")
		}
	}
	return v.MergeConfigMap(own.AllSettings())
}

// Library returns the files that the settings choose from.
func (s Settings) Library() Library { return Library{Folder: s.Configs} }

// Plan is everything that a run needs, loaded and checked.
type Plan struct {
	Settings Settings
	Profile  bench.Profile
	Workload Workload
	Hardware Hardware
	Stages   []bench.Stage
}

// Load reads all that a run of the given stages needs. A stage is an id, or
// the path of a file when it has a slash or ends in .yaml. No stages means the
// whole ladder.
func (s Settings) Load(stages []string) (Plan, error) {
	l := s.Library()
	p := Plan{Settings: s}
	profile, err := s.overridden(l, "profiles", s.Profile)
	if err != nil {
		return p, err
	}
	if p.Profile, err = profile.profile(); err != nil {
		return p, err
	}
	workload, err := s.overridden(l, "workloads", s.Workload)
	if err != nil {
		return p, err
	}
	if p.Workload, err = workload.workload(); err != nil {
		return p, err
	}
	hardware, err := l.read("hardware", s.Hardware)
	if err != nil {
		return p, err
	}
	if p.Hardware, err = l.hardware(hardware); err != nil {
		return p, err
	}
	if len(stages) == 0 {
		stages = l.Stages()
	}
	seen := map[string]bool{}
	for _, name := range stages {
		stage, err := l.Stage(name, p.Hardware, p.Workload)
		if err != nil {
			return p, err
		}
		if seen[stage.ID] {
			return p, Error{Problem: fmt.Sprintf("stage %s is named twice", stage.ID), Allowed: "each stage once"}
		}
		seen[stage.ID] = true
		p.Stages = append(p.Stages, stage)
	}
	return p, nil
}

// Stage loads one stage by id or file.
func (l Library) Stage(name string, h Hardware, w Workload) (bench.Stage, error) {
	var d document
	var err error
	if strings.ContainsRune(name, '/') || strings.HasSuffix(name, ".yaml") {
		if d, err = readFile(name); err != nil && !isOurs(err) {
			return bench.Stage{}, Error{File: name, Problem: err.Error()}
		}
	} else {
		d, err = l.read("stages", name)
	}
	if err != nil {
		return bench.Stage{}, err
	}
	b := builder{library: l, document: d, hardware: h, workload: w}
	return b.stage()
}

func isOurs(err error) bool {
	switch err.(type) {
	case Error, Errors:
		return true
	}
	return false
}
