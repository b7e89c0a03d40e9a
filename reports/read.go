package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rung/bench"
)

// MaxRun is the largest run.json that is read, in bytes.
const MaxRun = 256 << 20

// ReadRun reads a run from a run directory, or from a run.json itself.
func ReadRun(path string) (run bench.Run, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return bench.Run{}, fmt.Errorf("read run: %w", err)
	}
	if info.IsDir() {
		path = filepath.Join(path, RunFile)
	}
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return bench.Run{}, fmt.Errorf("read run: %w: there is no %s; the run did not finish", ErrNotRun, path)
	}
	if err != nil {
		return bench.Run{}, fmt.Errorf("read run: %w", err)
	}
	run, err = Decode(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return bench.Run{}, fmt.Errorf("read run %s: %w", path, err)
	}
	return run, nil
}

// Decode reads one run. Fields that this version does not know are ignored:
// the schema changes when a field changes its meaning or goes, not when one
// is added. The input is at most MaxRun bytes.
func Decode(r io.Reader) (bench.Run, error) { return decode(r, MaxRun) }

func decode(r io.Reader, limit int64) (bench.Run, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return bench.Run{}, err
	}
	if int64(len(data)) > limit {
		return bench.Run{}, fmt.Errorf("it is larger than %s", Bytes(limit))
	}
	var head struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return bench.Run{}, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	switch {
	case head.Schema == nil:
		return bench.Run{}, fmt.Errorf("%w: it has no schema number", ErrNotRun)
	case *head.Schema > bench.Schema:
		return bench.Run{}, fmt.Errorf("it has schema %d, and this rung reads schema %d: use the newer rung that wrote it",
			*head.Schema, bench.Schema)
	case *head.Schema < bench.Schema:
		return bench.Run{}, fmt.Errorf("it has schema %d, and this rung reads schema %d: use the older rung that wrote it",
			*head.Schema, bench.Schema)
	}
	var run bench.Run
	if err := json.Unmarshal(data, &run); err != nil {
		return bench.Run{}, fmt.Errorf("decode: %w", err)
	}
	return run, nil
}
