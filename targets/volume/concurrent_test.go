package volume_test

import (
	"fmt"
	"sync"
	"testing"

	"rung/targets"
	"rung/targets/volume"
)

// TestConcurrent has many clients make and remove files in directories that
// come and go, and the same file: readers see one write or another, whole.
func TestConcurrent(t *testing.T) {
	sp := spec()
	sp.Fsync = targets.FsyncFull
	directory := t.TempDir()
	s := newServer(t, sp, volume.Config{Directory: directory})
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 50 {
				own := fmt.Sprintf("/d%d/e/f%d", i%2, w)
				if got := do(s, "PUT", own, "x"); got.Code != 201 {
					t.Errorf("PUT %s answers %d %s", own, got.Code, got.Body)
				}
				if got := do(s, "PUT", "/shared", fmt.Sprintf("%d-%d", w, w)); got.Code != 201 && got.Code != 204 {
					t.Errorf("PUT of the shared file answers %d", got.Code)
				}
				var a, b int
				got := do(s, "GET", "/shared", "")
				if n, _ := fmt.Sscanf(got.Body.String(), "%d-%d", &a, &b); got.Code != 200 || n != 2 || a != b {
					t.Errorf("the shared file is %d %q", got.Code, got.Body)
				}
				if got := do(s, "DELETE", own, ""); got.Code != 204 {
					t.Errorf("DELETE %s answers %d %s", own, got.Code, got.Body)
				}
			}
		})
	}
	all.Wait()
	if got := onDisk(t, directory); len(got) != 1 || got[0] != "shared" {
		t.Errorf("on disk are %q; want the shared file only", got)
	}
	if got := s.Metrics(); got["files"] != 1 || got["bytes"] != 3 || got["errors_total"] != 0 {
		t.Errorf("metrics are %v", got)
	}
}
