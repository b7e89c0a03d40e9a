package numbers

import (
	"fmt"
	"slices"
	"time"
)

const (
	noisyRatio = 4                     // p99 to p50
	fakeFsync  = 10 * time.Microsecond // no device is as fast as this
	cacheRatio = 2                     // a direct read must be this much slower than a cached one
	likeMemory = 0.7                   // a cache this near to the memory's latency is none
)

// The rows of each kind, for flags that concern all of them.
var (
	directRows  = []string{"ssd_seq_1m", "ssd_seq_write_1m", "ssd_rand_4k", "ssd_rand_8k"}
	bufferRows  = []string{"page_cache_8k", "ssd_seq_write_8k"}
	durableRows = []string{"ssd_seq_write_8k_sync", "ssd_seq_write_8k_fsync", "sqlite_commit"}
)

// doubt adds the flags that follow from the facts, and from rows beside each
// other.
func (m *meter) doubt() {
	m.doubtClock()
	m.doubtCaches()
	m.doubtFilesystem()
	m.doubtDisk()
	if m.facts.procs == 1 {
		m.flag("GOMAXPROCS is 1: both sides share one processor", "mutex_contended", "goroutine_switch", "tcp_echo_1", "tcp_echo_32k", "http_rtt")
	}
}

func (m *meter) doubtClock() {
	switch c := m.facts.clockSource; c {
	case "", "tsc", "arch_sys_counter", "riscv_clocksource":
	default:
		m.flag(fmt.Sprintf("clock source is %s, not the processor's own counter: reading it may be a system call", c), "clock_read")
	}
}

// doubtCaches flags a working set that does not lie where its row says.
func (m *meter) doubtCaches() {
	for _, row := range []struct {
		id    string
		level int
		bytes size
	}{{"l1_ref", 1, chaseL1}, {"l2_ref", 2, chaseL2}, {"l3_ref", 3, chaseL3}} {
		fits, above := m.facts.caches[row.level], m.facts.caches[row.level-1]
		switch {
		case fits == 0:
			if len(m.facts.caches) > 0 {
				m.flag(fmt.Sprintf("no level %d cache is seen: %s may lie elsewhere", row.level, row.bytes), row.id)
			}
		case row.bytes > fits:
			m.flag(fmt.Sprintf("%s do not fit in the level %d cache of %s", row.bytes, row.level, fits), row.id)
		case row.bytes <= above:
			m.flag(fmt.Sprintf("%s fit in the level %d cache of %s already", row.bytes, row.level-1, above), row.id)
		}
	}
	if at := m.medians(); at["mem_ref"] > 0 && at["l3_ref"] > likeMemory*at["mem_ref"] {
		m.flag(fmt.Sprintf("%.0f%% of a memory reference: hardly any of it is in a cache, which other machines of the host may share", 100*at["l3_ref"]/at["mem_ref"]), "l3_ref")
	}
	last := size(0)
	for _, c := range m.facts.caches {
		last = max(last, c)
	}
	if last*8 > chaseMemory {
		share := min(100, 100*float64(last)/float64(chaseMemory))
		m.flag(fmt.Sprintf("last-level cache of %s can hold %.0f%% of the %s: faster than memory alone", last, share, size(chaseMemory)),
			"mem_ref", "mem_ref_huge", "mem_rand_64", "mem_seq_1m")
	}
}

func (m *meter) doubtFilesystem() {
	all := slices.Concat(directRows, bufferRows, durableRows, []string{"sqlite_read"})
	switch fs := m.facts.filesystem; {
	case slices.Contains(memoryFilesystems, fs):
		m.flag(fs+": the files are in memory, not on a disk", all...)
	case fs == "overlay":
		m.flag("overlay: a layer over another filesystem, as in containers", all...)
	case fs == "fuse":
		m.flag("fuse: a process serves this filesystem", all...)
	case slices.Contains(networkFilesystems, fs):
		m.flag(fs+": the files are on another machine", all...)
	}
}

// medians are the rows' medians by id.
func (m *meter) medians() map[string]float64 {
	at := map[string]float64{}
	for _, r := range m.rows {
		at[r.ID] = r.P50
	}
	return at
}

func (m *meter) doubtDisk() {
	at := m.medians()
	if cached := at["page_cache_8k"]; cached > 0 {
		for _, id := range []string{"ssd_rand_4k", "ssd_rand_8k"} {
			if direct := at[id]; direct > 0 && direct < cacheRatio*cached {
				m.flag(fmt.Sprintf("page cache: takes %.1f times as long as a cached read of 8 KiB, no more", direct/cached), id)
			}
		}
	}
	for _, id := range durableRows {
		if p50 := at[id]; p50 > 0 && p50 < float64(fakeFsync) {
			m.flag(fmt.Sprintf("fake: durable in %v, which no device can be", time.Duration(p50)), id)
		}
	}
	if sync := at["ssd_seq_write_8k_sync"]; sync > 0 && sync < float64(fakeFsync) {
		m.flag("fake: fdatasync does nothing here, so the commit is not durable", "sqlite_commit")
	}
	if m.facts.virtual && !slices.Contains(slices.Concat(memoryFilesystems, networkFilesystems), m.facts.filesystem) {
		m.flag("virtual disk: the host may keep it in its memory", slices.Concat(directRows, durableRows)...)
	}
	if m.facts.rotational {
		m.flag("the kernel calls the disk rotational, as it calls many virtual ones", directRows...)
	}
	m.flag("page cache: a copy in memory, nothing of the disk", bufferRows...)
}
