package numbers

import (
	"strings"
	"testing"
	"testing/fstest"
)

func system(files map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

const mounts = `22 27 0:21 / /proc rw - proc proc rw
27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 27 0:30 / /tmp rw,nosuid - tmpfs tmpfs rw,size=1g
31 27 253:0 / /data\040one rw,noatime shared:2 master:1 - xfs /dev/mapper/vg-data rw
32 31 0:31 / /data\040one rw - overlay overlay rw,lowerdir=/a
nonsense
`

func TestObserve(t *testing.T) {
	f := observe(system(map[string]string{
		"proc/cpuinfo":              "processor\t: 0\nmodel name\t: A CPU @ 3 GHz\nflags\t\t: fpu hypervisor sse\n",
		"proc/meminfo":              "MemTotal:       1000 kB\n",
		"proc/sys/kernel/osrelease": "6.1.0\n",
		"proc/self/mountinfo":       mounts,
		"sys/devices/system/clocksource/clocksource0/current_clocksource": "kvm-clock\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":            "powersave\n",
		"sys/devices/system/cpu/cpu0/cache/index0/level":                  "1\n",
		"sys/devices/system/cpu/cpu0/cache/index0/type":                   "Data\n",
		"sys/devices/system/cpu/cpu0/cache/index0/size":                   "48K\n",
		"sys/devices/system/cpu/cpu0/cache/index1/level":                  "1\n",
		"sys/devices/system/cpu/cpu0/cache/index1/type":                   "Instruction\n",
		"sys/devices/system/cpu/cpu0/cache/index1/size":                   "32K\n",
		"sys/devices/system/cpu/cpu0/cache/index3/level":                  "3\n",
		"sys/devices/system/cpu/cpu0/cache/index3/size":                   "105M\n",
		"sys/kernel/mm/transparent_hugepage/enabled":                      "always [madvise] never\n",
		"sys/block/sda/queue/rotational":                                  "1\n",
		"sys/block/sdb/queue/rotational":                                  "0\n",
	}), "/no/such/folder")
	if f.host.CPU != "A CPU @ 3 GHz" || f.host.Memory != 1000<<10 || f.host.Kernel != "6.1.0" || !f.virtual {
		t.Errorf("the host is %+v, virtual %v", f.host, f.virtual)
	}
	if f.clockSource != "kvm-clock" || f.governor != "powersave" || f.hugePages != "madvise" {
		t.Errorf("the settings are %+v", f)
	}
	if len(f.caches) != 2 || f.caches[1] != 48<<10 || f.caches[3] != 105<<20 {
		t.Errorf("the caches are %v", f.caches)
	}
	if f.filesystem != "ext4" || f.mount.source != "/dev/sda1" || !f.rotational {
		t.Errorf("the disk is %q on %+v, rotational %v", f.filesystem, f.mount, f.rotational)
	}
	notes := strings.Join(f.notes(), "\n")
	for _, want := range []string{"A CPU @ 3 GHz", "virtual machine", "powersave", "kvm-clock", "madvise", "ext4", "/dev/sda1 on / (rw,relatime)", "level 3 data cache: 105 MiB", "GOMAXPROCS"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes do not say %q:\n%s", want, notes)
		}
	}
}

func TestObserveNothing(t *testing.T) {
	f := observe(system(nil), "/no/such/folder")
	if f.virtual || f.clockSource != "" || f.filesystem != "" || f.rotational || len(f.caches) > 0 || f.mount != (mount{}) {
		t.Errorf("facts out of nothing: %+v", f)
	}
	if notes := strings.Join(f.notes(), "\n"); !strings.Contains(notes, "clock source: unknown") || strings.Contains(notes, "mount:") {
		t.Errorf("the notes are\n%s", notes)
	}
}

func TestMountOf(t *testing.T) {
	for folder, want := range map[string]mount{
		"/home/a":       {"8:1", "/", "/dev/sda1", "ext4", "rw,relatime"},
		"/tmp/x":        {"0:30", "/tmp", "tmpfs", "tmpfs", "rw,nosuid"},
		"/tmpx":         {"8:1", "/", "/dev/sda1", "ext4", "rw,relatime"},
		"/data one/sub": {"0:31", "/data one", "overlay", "overlay", "rw"},
	} {
		if got := mountOf(mounts, folder); got != want {
			t.Errorf("%s is on %+v, want %+v", folder, got, want)
		}
	}
}

func TestRotational(t *testing.T) {
	root := system(map[string]string{
		"sys/block/nvme0n1/queue/rotational":   "0",
		"sys/block/sda/queue/rotational":       "1",
		"sys/dev/block/253:0/queue/rotational": "1",
		"sys/dev/block/8:0/queue/rotational":   "0",
	})
	for _, row := range []struct {
		mount mount
		want  bool
	}{
		{mount{device: "253:0", source: "/dev/mapper/x"}, true},
		{mount{device: "8:0", source: "/dev/sda"}, false}, // its own queue says so
		{mount{device: "8:1", source: "/dev/sda1"}, true},
		{mount{device: "259:2", source: "/dev/nvme0n1p2"}, false},
		{mount{device: "0:30", source: "tmpfs"}, false},
	} {
		if got := rotational(root, row.mount); got != row.want {
			t.Errorf("%+v: got %v", row.mount, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]size{"48K": 48 << 10, "105M": 105 << 20, "1G": 1 << 30, "512": 512, "": -1, "K": -1, "4X": -1, "-4K": -1, "4KK": -1} {
		got, ok := parseSize(text)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
}

// FuzzMount reads any text as the kernel's list of mounts: what is found is a
// mount point that the folder lies under.
func FuzzMount(f *testing.F) {
	f.Add(mounts, "/data one")
	f.Add("1 2 3 4 / 6 - a b c", "/")
	f.Fuzz(func(t *testing.T, text, folder string) {
		if m := mountOf(text, folder); m != (mount{}) && !under(folder, m.point) {
			t.Errorf("%q is not under %q", folder, m.point)
		}
	})
}

// FuzzSize reads any text as a size.
func FuzzSize(f *testing.F) {
	f.Add("48K")
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := parseSize(text); ok && n < 0 {
			t.Errorf("%q is %d", text, n)
		}
	})
}
