package volume_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/volume"
)

func noMachine() targets.Machine { return targets.Machine{} }

// TestDamaged: a file that the disk has spoilt is an error, never a wrong
// content, and can be replaced.
func TestDamaged(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"empty":         func([]byte) []byte { return nil },
		"cut head":      func(b []byte) []byte { return b[:15] },
		"cut content":   func(b []byte) []byte { return b[:len(b)-1] },
		"longer":        func(b []byte) []byte { return append(b, 0) },
		"other content": func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"other end":     func(b []byte) []byte { b[8] ^= 0x80; return b },
		"other mark":    func(b []byte) []byte { b[0] = 'V'; return b },
		"too long":      func(b []byte) []byte { return append(b, make([]byte, 70<<10)...) },
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			path := filepath.Join(directory, "files", "d", "a")
			s := newServer(t, spec(), volume.Config{Directory: directory})
			do(s, "PUT", "/d/a", "content")
			framed, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, spoil(framed), 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			for _, s := range []*volume.Server{s, newServer(t, spec(), volume.Config{Directory: directory, Log: slog.New(slog.NewTextHandler(&log, nil))})} {
				if w := do(s, "GET", "/d/a", ""); w.Code != 500 || strings.Contains(w.Body.String(), "content") {
					t.Errorf("GET answers %d %q; want 500", w.Code, w.Body)
				}
				if w := do(s, "GET", "/d/b", ""); w.Code != 404 {
					t.Errorf("another file: %d; want 404", w.Code)
				}
			}
			if !strings.Contains(log.String(), "damaged") {
				t.Errorf("log is %q", log.String())
			}
			if w := do(s, "PUT", "/d/a", "new"); w.Code != 204 {
				t.Errorf("PUT answers %d; want 204", w.Code)
			}
			if w := do(s, "GET", "/d/a", ""); w.Code != 200 || w.Body.String() != "new" {
				t.Errorf("afterwards: %d %q", w.Code, w.Body)
			}
		})
	}
}

// TestRestart: ended files, temporary ones and empty directories are gone;
// what is not the volume's is left alone.
func TestRestart(t *testing.T) {
	now := newFakeTime()
	directory := t.TempDir()
	s := newServer(t, spec(), volume.Config{Directory: directory, Now: now.Now})
	do(s, "PUT", "/stays", "x")
	do(s, "PUT", "/d/e/ends", "x", "Expires-At", "1700000000500")
	for path, content := range map[string]string{"temporary/7": "half", "files/Foreign.txt": "x", "files/d/e/f/g": "too deep"} {
		path = filepath.Join(directory, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(directory, "files", "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Second)
	var log bytes.Buffer
	s = newServer(t, spec(), volume.Config{Directory: directory, Now: now.Now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if got := onDisk(t, directory); strings.Join(got, " ") != "Foreign.txt d/e/f/g stays" {
		t.Errorf("on disk are %q", got)
	}
	if got := strings.Count(log.String(), "left alone"); got != 2 {
		t.Errorf("%d warnings; want 2:\n%s", got, log.String())
	}
	if got := s.Metrics(); got["files"] != 1 || got["expired_total"] != 1 {
		t.Errorf("metrics are %v", got)
	}
}
