package configs

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
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
	// Repeats in place of the profile's; 0 leaves that.
	Repeats int
	// Baseline names the latency-number set that measured times are shown
	// with, or a file with one. Empty means the hardware's.
	Baseline string
	// Configs is a folder of the user's own files.
	Configs string

	overrides []override
}

// settingKeys are the keys of a settings file beside "set", which lays single
// fields over the chosen profile and workload.
func settingKeys() []string {
	return []string{"profile", "workload", "hardware", "seed", "out", "configs", "repeats", "baseline"}
}

// LoadSettings reads the settings for a command whose flags are given. Flags
// that the command does not have, or that are not set, fall back to
// environment, file and default. Flags may be nil.
func LoadSettings(flags *pflag.FlagSet, file string) (Settings, error) {
	v := viper.New()
	for key, value := range map[string]string{"profile": "quick", "workload": "shop", "hardware": "book", "seed": "1"} {
		v.SetDefault(key, value)
	}
	for _, key := range settingKeys() {
		if err := v.BindEnv(key, "RUNG_"+strings.ToUpper(key)); err != nil {
			return Settings{}, fmt.Errorf("setting %s: %w", key, err)
		}
		if flags == nil || flags.Lookup(key) == nil {
			continue
		}
		if err := v.BindPFlag(key, flags.Lookup(key)); err != nil {
			return Settings{}, fmt.Errorf("flag %s: %w", key, err)
		}
	}
	s := Settings{}
	if file == "" {
		file = os.Getenv("RUNG_CONFIG")
	}
	if file != "" {
		if err := s.merge(v, file); err != nil {
			return Settings{}, err
		}
	}
	environment, err := environment()
	if err != nil {
		return Settings{}, err
	}
	s.overrides = append(s.overrides, environment...)
	s.Profile, s.Workload, s.Hardware = v.GetString("profile"), v.GetString("workload"), v.GetString("hardware")
	s.Out, s.Configs, s.Baseline = v.GetString("out"), v.GetString("configs"), v.GetString("baseline")
	if err := s.repeats(v.GetString("repeats")); err != nil {
		return s, err
	}
	return s, s.check(v.GetString("seed"))
}

func (s *Settings) repeats(text string) error {
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 || n > mostRepeats {
		return Error{Field: "repeats", Problem: fmt.Sprintf("is %q", text), Allowed: repeatsAllowed() + ", or 0 for the profile's"}
	}
	s.Repeats = n
	return nil
}

func (s *Settings) check(seed string) error {
	n, err := strconv.ParseUint(strings.TrimSpace(seed), 10, 64)
	if err != nil {
		return Error{Field: "seed", Problem: fmt.Sprintf("%q is not a seed", seed), Allowed: "a whole number from 0 to 18446744073709551615"}
	}
	s.Seed = n
	if s.Configs == "" {
		return nil
	}
	if info, err := os.Stat(s.Configs); err != nil || !info.IsDir() {
		return Error{File: s.Configs, Field: "configs", Problem: "is not a folder that can be read",
			Allowed: "a folder with stages, profiles, workloads, hardware, parts or numbers in it"}
	}
	return nil
}

// merge lays a settings file under flags and environment.
func (s *Settings) merge(v *viper.Viper, file string) error {
	d, err := readFile(file)
	if err != nil {
		return err
	}
	values := map[string]any{}
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		key, value := d.root.Content[i], d.root.Content[i+1]
		switch {
		case key.Value == "set":
			if s.overrides, err = d.overrides(value); err != nil {
				return err
			}
		case !slices.Contains(settingKeys(), key.Value):
			return d.at(key.Value, "unknown field", "allowed is "+strings.Join(settingKeys(), ", ")+", set")
		case value.ShortTag() == "!!null": // left out
		case value.Kind != yaml.ScalarNode:
			return d.at(key.Value, "is "+noun(value), "must be one value")
		default:
			values[key.Value] = value.Value // the text itself: a seed has more digits than a float
		}
	}
	return v.MergeConfigMap(values)
}

// Library returns the files that the settings choose from.
func (s Settings) Library() Library { return Library{Folder: s.Configs} }
