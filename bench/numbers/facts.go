package numbers

import (
	"bufio"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strconv"
	"strings"
	"time"

	"rung/bench"
)

// size is a number of bytes.
type size int64

func (s size) String() string {
	switch {
	case s >= 1<<20:
		return strconv.FormatFloat(float64(s)/(1<<20), 'g', 4, 64) + " MiB"
	case s >= 1<<10:
		return strconv.FormatFloat(float64(s)/(1<<10), 'g', 4, 64) + " KiB"
	}
	return fmt.Sprintf("%d B", int64(s))
}

// facts are what the system says about itself. Zero values are unknown.
type facts struct {
	host        bench.Host
	procs       int
	virtual     bool
	governor    string
	clockSource string
	hugePages   string
	caches      map[int]size // of the first CPU, by level, data or unified
	filesystem  string       // of the folder: "ext4", "tmpfs"
	mount       mount
	rotational  bool // as the kernel says
	resolution  time.Duration
}

// mount is where a folder's filesystem comes from.
type mount struct{ device, point, source, kind, options string }

// observe reads the facts from a root directory's /proc and /sys. What is not
// there stays unknown.
func observe(root fs.FS, folder string) facts {
	f := facts{
		host:        bench.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()},
		procs:       runtime.GOMAXPROCS(0),
		governor:    text(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		clockSource: text(root, "sys/devices/system/clocksource/clocksource0/current_clocksource"),
		hugePages:   chosen(text(root, "sys/kernel/mm/transparent_hugepage/enabled")),
		caches:      caches(root),
		mount:       mountOf(text(root, "proc/self/mountinfo"), folder),
	}
	cpu := text(root, "proc/cpuinfo")
	f.host.CPU = field(cpu, "model name")
	f.host.Kernel = text(root, "proc/sys/kernel/osrelease")
	if kb, err := strconv.ParseInt(strings.TrimSuffix(field(text(root, "proc/meminfo"), "MemTotal"), " kB"), 10, 64); err == nil {
		f.host.Memory = kb << 10
	}
	f.virtual = strings.Contains(" "+field(cpu, "flags")+" ", " hypervisor ") || text(root, "sys/hypervisor/type") != ""
	f.filesystem = filesystem(folder)
	if f.filesystem == "" {
		f.filesystem = f.mount.kind
	}
	f.rotational = rotational(root, f.mount)
	return f
}

// rotational is what the kernel thinks of the disk. A partition has no queue
// of its own: then the disk is the one whose name the partition's begins with.
func rotational(root fs.FS, m mount) bool {
	if own := text(root, "sys/dev/block/"+m.device+"/queue/rotational"); own != "" {
		return own == "1"
	}
	disks, err := fs.ReadDir(root, "sys/block")
	if err != nil {
		return false
	}
	for _, d := range disks {
		if strings.HasPrefix(path.Base(m.source), d.Name()) {
			return text(root, "sys/block/"+d.Name()+"/queue/rotational") == "1"
		}
	}
	return false
}

// maxFact bounds what is read of a file of the system.
const maxFact = 1 << 20

// text is a small file's trimmed text, empty when it cannot be read.
func text(root fs.FS, name string) string {
	f, err := root.Open(path.Clean(name))
	if err != nil {
		return ""
	}
	defer f.Close()
	var b strings.Builder
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxFact)
	for lines.Scan() && b.Len() < maxFact {
		b.WriteString(lines.Text())
		b.WriteByte('\n')
	}
	return strings.TrimSpace(b.String())
}

// field is the value of the first "name : value" line.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// chosen is the word in brackets of "always [madvise] never".
func chosen(text string) string {
	_, rest, _ := strings.Cut(text, "[")
	word, _, ok := strings.Cut(rest, "]")
	if !ok {
		return text
	}
	return word
}

// caches are the sizes of the first CPU's data caches.
func caches(root fs.FS) map[int]size {
	sizes := map[int]size{}
	for i := range 10 {
		dir := fmt.Sprintf("sys/devices/system/cpu/cpu0/cache/index%d/", i)
		level, err := strconv.Atoi(text(root, dir+"level"))
		if err != nil || text(root, dir+"type") == "Instruction" {
			continue
		}
		if n, ok := parseSize(text(root, dir+"size")); ok {
			sizes[level] = n
		}
	}
	return sizes
}

// parseSize reads "48K", "105M" or "512".
func parseSize(text string) (size, bool) {
	digits := strings.TrimRight(text, "KMG")
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 0 {
		return 0, false
	}
	switch text[len(digits):] {
	case "":
		return size(n), true
	case "K":
		return size(n) << 10, true
	case "M":
		return size(n) << 20, true
	case "G":
		return size(n) << 30, true
	}
	return 0, false
}
