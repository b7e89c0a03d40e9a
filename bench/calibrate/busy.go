package calibrate

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/stat (USER_HZ, proc(5)).
const tick = 10 * time.Millisecond

// Busy is the time that all cores of this computer together have worked since
// it started, for whatever program, its kernel, or another guest of its host
// (stolen time). It counts in steps of 10 ms a core. False means that the
// system does not tell.
func Busy() (time.Duration, bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	return parseBusy(string(text))
}

// parseBusy reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq, steal; what follows is counted in the first two.
func parseBusy(text string) (time.Duration, bool) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, false
	}
	const idle, iowait, steal = 4, 5, 8
	ticks := uint64(0)
	for i, field := range fields[:steal+1] {
		if i == 0 || i == idle || i == iowait {
			continue
		}
		n, err := strconv.ParseUint(field, 10, 48)
		if err != nil {
			return 0, false
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, true
}
