package numbers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rung/bench"
)

func TestDoubtFlagsRows(t *testing.T) {
	caches := map[int]size{1: 32 << 10, 2: 1 << 20, 3: 16 << 20}
	for _, row := range []struct {
		name  string
		facts facts
		at    map[string]float64
		id    string
		want  string // the beginning of a flag; empty for no flag of the kind
		kind  string
	}{
		{"tmpfs", facts{filesystem: "tmpfs"}, nil, "ssd_rand_4k", "tmpfs: the files are in memory", "tmpfs"},
		{"tmpfs under SQLite", facts{filesystem: "tmpfs"}, nil, "sqlite_commit", "tmpfs: the files are in memory", "tmpfs"},
		{"overlay", facts{filesystem: "overlay"}, nil, "ssd_seq_write_8k_sync", "overlay: a layer", "overlay"},
		{"network", facts{filesystem: "nfs"}, nil, "ssd_seq_1m", "nfs: the files are on another machine", "nfs"},
		{"process", facts{filesystem: "fuse"}, nil, "ssd_seq_1m", "fuse: a process", "fuse"},
		{"real filesystem", facts{filesystem: "ext4"}, nil, "ssd_rand_4k", "", "ext4"},
		{"tmpfs is no matter of memory rows", facts{filesystem: "tmpfs"}, nil, "l1_ref", "", "tmpfs"},

		{"fake fdatasync", facts{}, map[string]float64{"ssd_seq_write_8k_sync": 2000}, "ssd_seq_write_8k_sync", "fake: durable in 2µs", "fake"},
		{"fake fsync", facts{}, map[string]float64{"ssd_seq_write_8k_fsync": 9999}, "ssd_seq_write_8k_fsync", "fake: durable in 9.999µs", "fake"},
		{"true fsync", facts{}, map[string]float64{"ssd_seq_write_8k_fsync": 10_000}, "ssd_seq_write_8k_fsync", "", "fake"},
		{"commit on a fake fdatasync", facts{}, map[string]float64{"ssd_seq_write_8k_sync": 2000}, "sqlite_commit", "fake: fdatasync does nothing here", "fake"},
		{"commit on a true one", facts{}, map[string]float64{"ssd_seq_write_8k_sync": 200_000}, "sqlite_commit", "", "fake"},

		{"direct read as fast as a cached one", facts{}, map[string]float64{"page_cache_8k": 1500, "ssd_rand_8k": 1800}, "ssd_rand_8k", "page cache: takes 1.2 times", "page cache"},
		{"direct read that is one", facts{}, map[string]float64{"page_cache_8k": 1500, "ssd_rand_8k": 60_000}, "ssd_rand_8k", "", "page cache"},
		{"cached read says so", facts{}, nil, "page_cache_8k", "page cache: a copy", "page cache"},

		{"virtual disk", facts{virtual: true}, nil, "ssd_rand_8k", "virtual disk", "virtual"},
		{"no disk on a virtual machine", facts{virtual: true, filesystem: "tmpfs"}, nil, "ssd_rand_8k", "", "virtual"},
		{"real disk", facts{}, nil, "ssd_rand_8k", "", "virtual"},
		{"rotational", facts{rotational: true}, nil, "ssd_rand_8k", "the kernel calls the disk rotational", "rotational"},

		{"slow clock", facts{clockSource: "hpet"}, nil, "clock_read", "clock source is hpet", "clock"},
		{"virtual clock", facts{clockSource: "kvm-clock"}, nil, "clock_read", "clock source is kvm-clock", "clock"},
		{"processor's clock", facts{clockSource: "tsc"}, nil, "clock_read", "", "clock"},
		{"unknown clock", facts{}, nil, "clock_read", "", "clock"},

		{"caches as expected 1", facts{caches: caches}, nil, "l1_ref", "", "cache"},
		{"caches as expected 2", facts{caches: caches}, nil, "l2_ref", "", "cache"},
		{"caches as expected 3", facts{caches: caches}, nil, "l3_ref", "", "cache"},
		{"caches as expected, memory", facts{caches: caches}, nil, "mem_ref", "", "cache"},
		{"small second level", facts{caches: map[int]size{1: 32 << 10, 2: 128 << 10}}, nil, "l2_ref", "256 KiB do not fit in the level 2 cache of 128 KiB", "level 2"},
		{"large second level", facts{caches: map[int]size{1: 32 << 10, 2: 12 << 20, 3: 64 << 20}}, nil, "l3_ref", "8 MiB fit in the level 2 cache of 12 MiB already", "level 2"},
		{"no third level", facts{caches: map[int]size{1: 32 << 10, 2: 1 << 20}}, nil, "l3_ref", "no level 3 cache is seen", "level 3"},
		{"huge last level", facts{caches: map[int]size{1: 48 << 10, 2: 2 << 20, 3: 128 << 20}}, nil, "mem_ref", "last-level cache of 128 MiB can hold 50% of the 256 MiB", "last-level"},
		{"a third level that is not ours", facts{}, map[string]float64{"l3_ref": 95, "mem_ref": 100}, "l3_ref", "95% of a memory reference", "of a memory"},
		{"a third level", facts{}, map[string]float64{"l3_ref": 40, "mem_ref": 100}, "l3_ref", "", "of a memory"},

		{"one processor", facts{procs: 1}, nil, "mutex_contended", "GOMAXPROCS is 1", "GOMAXPROCS"},
		{"two processors", facts{procs: 2}, nil, "mutex_contended", "", "GOMAXPROCS"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newMeter(func() time.Duration { return 0 }, Config{}, families(""))
			m.facts = row.facts
			for _, r := range templates(families("")) {
				r.P50 = 50_000
				if v, ok := row.at[r.ID]; ok {
					r.P50 = v
				} else if r.ID == "mem_ref" || r.ID == "page_cache_8k" {
					r.P50 = 0 // no comparison unless the case is about it
				}
				r.Flags = nil
				m.rows = append(m.rows, r)
			}
			m.doubt()
			i := slices.IndexFunc(m.rows, func(r bench.Number) bool { return r.ID == row.id })
			var got string
			for _, f := range m.rows[i].Flags {
				if strings.Contains(f, row.kind) {
					got = f
				}
			}
			if (row.want == "") != (got == "") || !strings.HasPrefix(got, row.want) {
				t.Errorf("%s has the flags %q, want %q", row.id, m.rows[i].Flags, row.want)
			}
		})
	}
}

func TestFlagsComeOnce(t *testing.T) {
	m := newMeter(func() time.Duration { return 0 }, Config{}, families(""))
	m.rows = []bench.Number{{ID: "a"}, {ID: "b"}}
	m.flag("x", "a")
	m.flag("x", "a", "c")
	if len(m.rows[0].Flags) != 1 || len(m.rows[1].Flags) != 0 {
		t.Errorf("flags are %+v", m.rows)
	}
}
