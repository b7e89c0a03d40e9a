package numbers

import (
	"fmt"
	"runtime"
	"time"

	"rung/bench"
)

// set is what was measured, with what is known about how.
func (m *meter) set(at time.Time) bench.NumberSet {
	m.doubt()
	host := m.facts.host
	set := bench.NumberSet{
		Name: "measured", Source: "rung numbers --measure on " + machine(host),
		Year: at.Year(), Date: at.Format("2006-01-02"),
		Rows: m.rows, Host: &host, Notes: append(m.facts.notes(), m.notes...),
	}
	for i := range set.Rows {
		set.Rows[i].Source, set.Rows[i].Year, set.Rows[i].Date = set.Source, set.Year, set.Date
	}
	return set
}

// machine names a computer in a few words.
func machine(h bench.Host) string {
	name := h.CPU
	if name == "" {
		name = h.OS + "/" + h.Arch
	}
	return fmt.Sprintf("%s, %d CPUs", name, h.CPUs)
}

// notes say under which conditions the rows were measured.
func (f facts) notes() []string {
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	virtual := ""
	if f.virtual {
		virtual = ", in a virtual machine"
	}
	notes := []string{
		"processor: " + machine(f.host) + virtual,
		"frequency governor: " + or(f.governor, "none to be seen"),
		"kernel: " + or(f.host.Kernel, "unknown"),
		fmt.Sprintf("clock source: %s; two readings differ by %v", or(f.clockSource, "unknown"), f.resolution),
		"transparent huge pages: " + or(f.hugePages, "unknown"),
		"filesystem: " + or(f.filesystem, "unknown"),
	}
	if f.mount.point != "" {
		notes = append(notes, fmt.Sprintf("mount: %s on %s (%s)", f.mount.source, f.mount.point, f.mount.options))
	}
	for level := 1; level <= 4; level++ {
		if size := f.caches[level]; size > 0 {
			notes = append(notes, fmt.Sprintf("level %d data cache: %s", level, size))
		}
	}
	return append(notes, fmt.Sprintf("GOMAXPROCS: %d; %s", f.procs, runtime.Version()))
}
