//go:build !unix

package attack

import "time"

// cpuTime is unknown here: a generator short of CPU shows by its lateness.
func cpuTime() time.Duration { return 0 }
