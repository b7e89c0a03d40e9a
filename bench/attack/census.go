package attack

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"rung/bench"
)

const (
	// censusEvery is how often open connections and files are counted.
	censusEvery = 250 * time.Millisecond
	// filesRatio of the limit on open files is too near to it.
	filesRatio = 0.95
)

// opener is a transport that knows how many connections it has open.
type opener interface{ Open() int }

// census counts what the attack keeps open, and remembers the most.
type census struct {
	mu         sync.Mutex
	transports []opener
	sockets    int
	files      int

	stop, stopped chan struct{}
}

// startCensus counts once, and then now and again until finish.
func startCensus(transport http.RoundTripper) *census {
	c := &census{stop: make(chan struct{}), stopped: make(chan struct{})}
	c.know(transport)
	c.count()
	go func() {
		defer close(c.stopped)
		ticker := time.NewTicker(censusEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				c.count()
			case <-c.stop:
				return
			}
		}
	}()
	return c
}

// know adds a transport whose connections count. It may be told again.
func (c *census) know(transport http.RoundTripper) {
	t, ok := transport.(opener)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.transports, t) {
		c.transports = append(c.transports, t)
	}
}

func (c *census) count() {
	files := openFiles()
	c.mu.Lock()
	defer c.mu.Unlock()
	sockets := 0
	for _, t := range c.transports {
		sockets += t.Open()
	}
	c.sockets = max(c.sockets, sockets)
	c.files = max(c.files, files)
}

// finish counts a last time and says what was the most. The result is why
// that limited the generator, if it did.
func (c *census) finish(gen *bench.Generator) string {
	close(c.stop)
	<-c.stopped
	c.count()
	gen.Sockets, gen.Files, gen.FileLimit = c.sockets, c.files, fileLimit()
	if gen.FileLimit > 0 && float64(gen.Files) > filesRatio*float64(gen.FileLimit) {
		return fmt.Sprintf("%d of %d file descriptors were open", gen.Files, gen.FileLimit)
	}
	return ""
}

// openFiles is how many file descriptors the process has open; 0 when the
// system does not tell.
func openFiles() int {
	const list = "/proc/self/fd"
	info, err := os.Stat(list)
	if err != nil {
		return 0
	}
	if n := info.Size(); n > 0 { // Linux from 6.2 on
		return int(n)
	}
	dir, err := os.Open(list)
	if err != nil {
		return 0
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0
	}
	return len(names) - 1 // dir itself
}
