package reports

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"rung/bench"
)

// The files of a run directory.
const (
	RunFile    = "run.json"
	ReportFile = "report.html"
	readmeFile = "README.txt"
	logFolder  = "log"

	// runStart is how every run.json begins.
	runStart = "{\n \"schema\": "
)

// ErrNotRun says that a path holds something that is no run.
var ErrNotRun = errors.New("not a run directory")

// readme explains a run directory to whoever opens it. Its presence is also
// what tells a run directory, even of a run that died, from any other.
const readme = `This directory holds one run of rung.

report.html         the report; open it in any browser, it needs no network
run.json            everything the run found; the report is made from it alone
                    (rung report DIR makes it again)
<stage>/*.hlog      latency histograms of the attacks, one line per interval,
                    for any tool that reads HdrHistogram logs
log/<stage>/*.log   what the nodes wrote to stderr
`

// Directory is a run directory. Its methods are safe for concurrent use.
type Directory struct {
	path string

	mu sync.Mutex
	// opened holds the node logs opened by this run: a node that restarts
	// appends to its log, a new run starts it anew.
	opened map[string]bool
}

// Create makes a run directory, with its parents. A directory that is empty
// or holds an earlier run may be used again: what is there stays until a file
// of the same name is complete. Any other path is refused with ErrNotRun.
func Create(path string) (*Directory, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		return nil, fmt.Errorf("create run directory %s: %w: it is a file", path, ErrNotRun)
	case err == nil:
		if err := usable(path); err != nil {
			return nil, err
		}
	case !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("create run directory %s: %w", path, explain(err))
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("create run directory %s: %w", path, explain(err))
	}
	d := &Directory{path: path, opened: map[string]bool{}}
	if err := d.Write(readmeFile, []byte(readme)); err != nil {
		return nil, err
	}
	return d, nil
}

// usable reports why an existing directory must not be written to, or nil.
func usable(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("create run directory %s: %w", path, explain(err))
	}
	if len(entries) == 0 {
		return nil
	}
	title, _, _ := strings.Cut(readme, "\n")
	if begins(filepath.Join(path, readmeFile), title) || begins(filepath.Join(path, RunFile), runStart) {
		return nil
	}
	return fmt.Errorf("create run directory %s: %w: it holds %d other files, such as %q; name an empty or new one",
		path, ErrNotRun, len(entries), entries[0].Name())
}

// begins says whether a file begins with a text. A file that cannot be read
// does not.
func begins(path, text string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	head := make([]byte, len(text))
	_, err = io.ReadFull(f, head)
	return errors.Join(err, f.Close()) == nil && string(head) == text
}

// Path is where the directory is.
func (d *Directory) Path() string { return d.path }

// WriteRun writes run.json. The earlier one is intact until the new one is
// complete and on disk.
func (d *Directory) WriteRun(run bench.Run) error {
	if err := Check(run); err != nil {
		return fmt.Errorf("write %s: %w", RunFile, err)
	}
	data, err := json.MarshalIndent(run, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", RunFile, err)
	}
	return d.Write(RunFile, append(data, '\n'))
}

// Write puts a whole file at the top of the directory, or leaves the earlier
// one as it is: a temporary file is filled, synced and renamed.
func (d *Directory) Write(name string, data []byte) error {
	target := filepath.Join(d.path, fileName(name))
	if err := writeAtomic(target, data); err != nil {
		return fmt.Errorf("write %s (an earlier one is intact): %w", target, explain(err))
	}
	return nil
}

// Log creates <stage>/<name>.hlog. It gets its name when it is closed; until
// then, or when the harness dies, it ends in ".partial".
func (d *Directory) Log(stage, name string) (io.WriteCloser, error) {
	target := filepath.Join(d.path, d.LogName(stage, name))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return nil, fmt.Errorf("create log of %s: %w", stage, explain(err))
	}
	f, err := os.Create(target + ".partial")
	if err != nil {
		return nil, fmt.Errorf("create log %s: %w", target, explain(err))
	}
	return &histogramLog{file: f, buffer: bufio.NewWriter(f), target: target}, nil
}

// LogName is the path of a histogram log relative to the directory, for
// Measurement.Log.
func (d *Directory) LogName(stage, name string) string {
	return filepath.Join(fileName(stage), fileName(name)+".hlog")
}

// NodeLog opens log/<stage>/<node>.log. A second call for the same node, after
// a restart, appends.
func (d *Directory) NodeLog(stage, node string) (io.WriteCloser, error) {
	target := filepath.Join(d.path, logFolder, fileName(stage), fileName(node)+".log")
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return nil, fmt.Errorf("create log of node %s: %w", node, explain(err))
	}
	d.mu.Lock()
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if !d.opened[target] {
		flags |= os.O_TRUNC
	}
	d.opened[target] = true
	d.mu.Unlock()
	f, err := os.OpenFile(target, flags, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create log of node %s: %w", node, explain(err))
	}
	return f, nil
}
