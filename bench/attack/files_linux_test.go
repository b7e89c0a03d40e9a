package attack_test

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A generator that came near its limit of open files says so, for what it
// could not open might have been the target's fault.
func TestFilesNearTheLimit(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	r := newRig(t, server.URL, 8)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	// 200 descriptors stay open, above or below the new limit, and some 100
	// are free below it for the attack's own.
	var held []*os.File
	for range 300 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, f)
	}
	for _, f := range held[:100] {
		f.Close() // room for the attack
	}
	low := old
	low.Cur = 210
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Skipf("SKIPPED: the limit cannot be set: %v", err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
			t.Error(err)
		}
		for _, f := range held[100:] {
			f.Close()
		}
	}()
	_, gen, err := r.run(t.Context(), t, newSteady("/"), constant(t, 200, 100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if gen.FileLimit != 210 || gen.Files < 200 || !strings.Contains(gen.Limited, "of 210 file descriptors were open") {
		t.Errorf("%d of %d files, limited %q", gen.Files, gen.FileLimit, gen.Limited)
	}
}
