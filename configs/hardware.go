package configs

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"rung/bench"
)

// Hardware says how long the emulated things take, by named rows of one
// latency-number set. The zero value, "bare", emulates nothing.
type Hardware struct {
	Name string
	// Bare turns emulation off: no slots, no delays.
	Bare bool
	// Rows are all rows of the set, with Use filled in for those in use.
	Rows []bench.Number

	uses map[string]bench.Number
}

// The things a hardware file must name a row for.
const (
	useLAN       = "lan_rtt"
	useLAN1MB    = "lan_1mb"
	useWAN       = "wan_rtt"
	useFar       = "far_rtt"
	useDisk      = "disk_access"
	megabyte     = 1_000_000
	monthInHours = 730 // 365.25 * 24 / 12, rounded as price lists do

	maxUse = 10 * time.Second // of a row that something is emulated by
)

var uses = map[string]string{
	useLAN:    "round trip between two machines of a data centre, and between users and a site near them",
	useLAN1MB: "bandwidth of one connection inside a data centre",
	useWAN:    "round trip between regions",
	useFar:    "round trip between regions that are far apart",
	useDisk:   "one disk access: a page that is not in memory, or a commit",
}

type hardwareFile struct {
	Hardware string            `yaml:"hardware"`
	Numbers  string            `yaml:"numbers"`
	Uses     map[string]string `yaml:"uses"`
}

// hardware resolves a hardware file with its latency-number set.
func (l Library) hardware(d document) (Hardware, error) {
	var f hardwareFile
	if err := d.into(&f); err != nil {
		return Hardware{}, err
	}
	h := Hardware{Name: f.Hardware, Bare: f.Numbers == "", uses: map[string]bench.Number{}}
	if h.Name == "" {
		return h, d.at("hardware", "the name is missing", "a name")
	}
	if h.Bare {
		if len(f.Uses) > 0 {
			return h, d.at("numbers", "is missing, but there are uses of its rows", list(l.names("numbers")))
		}
		return h, nil
	}
	file, err := l.read("numbers", f.Numbers)
	if err != nil {
		return h, d.because("numbers", err)
	}
	set, err := file.numbers()
	if err != nil {
		return h, err
	}
	h.Rows = set.Rows
	for _, use := range slices.Sorted(maps.Keys(f.Uses)) {
		if uses[use] == "" {
			return h, d.at("uses."+use, "unknown field", list(slices.Sorted(maps.Keys(uses))))
		}
	}
	for _, use := range slices.Sorted(maps.Keys(uses)) {
		i := slices.IndexFunc(h.Rows, func(n bench.Number) bool { return n.ID == f.Uses[use] })
		if i < 0 {
			return h, d.at("uses."+use, fmt.Sprintf("there is no row %q in %s", f.Uses[use], file.name), list(ids(h.Rows)))
		}
		if h.Rows[i].Value > float64(maxUse) {
			return h, d.at("uses."+use, fmt.Sprintf("row %q is %v", f.Uses[use], time.Duration(h.Rows[i].Value)), fmt.Sprintf("at most %v", maxUse))
		}
		if h.Rows[i].Use != "" {
			h.Rows[i].Use += "; "
		}
		h.Rows[i].Use += uses[use]
		h.uses[use] = h.Rows[i]
	}
	return h, nil
}

func ids(rows []bench.Number) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out
}

// take returns how long a thing takes, and the row that says so.
func (h Hardware) take(use string) (time.Duration, string) {
	if h.Bare {
		return 0, ""
	}
	n := h.uses[use]
	return time.Duration(n.Value), n.ID
}

// bandwidth in bytes per second, 0 when not emulated.
func (h Hardware) bandwidth() int64 {
	d, _ := h.take(useLAN1MB)
	if d == 0 {
		return 0
	}
	return int64(megabyte / d.Seconds())
}
