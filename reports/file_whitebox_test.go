package reports

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestDecodeIsBounded(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"schema": 1, "tool": "`), zeros{})
	if _, err := decode(endless, 1<<16); err == nil || !strings.Contains(err.Error(), "larger than 64.0") {
		t.Errorf("an endless run gives %v", err)
	}
	small := `{"schema": 1}`
	if _, err := decode(strings.NewReader(small), int64(len(small))); err != nil {
		t.Errorf("a run of exactly the limit gives %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// A full or read-only disk cannot be made without being root of the machine,
// so the words are tested alone.
func TestExplain(t *testing.T) {
	cases := []struct {
		name string
		err  error
		say  string
	}{
		{"full", syscall.ENOSPC, "free some space"},
		{"read-only", syscall.EROFS, "can be written"},
		{"file in the path", syscall.ENOTDIR, "is a file"},
		{"quota", syscall.EDQUOT, "quota"},
		{"any other", syscall.EIO, "input/output error"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wrapped := &fs.PathError{Op: "write", Path: "/runs/x", Err: c.err}
			got := explain(wrapped)
			if !strings.Contains(got.Error(), c.say) || !errors.Is(got, c.err) {
				t.Errorf("got %v, want %q", got, c.say)
			}
		})
	}
}
