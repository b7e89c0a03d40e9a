package volume_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/volume"
)

// grammar is W3C Server Timing's, narrowed to what this server sends.
var grammar = regexp.MustCompile(`^vol-queue;dur=[0-9]+\.[0-9]{3}, vol-work;dur=[0-9]+\.[0-9]{3}(, vol-miss;desc="1")?$`)

func TestAnswers(t *testing.T) {
	long, deep := strings.Repeat("x", 128), "/a1/b_2/c-3"
	s := newServer(t, spec(), volume.Config{})
	for _, row := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/a", "", 404, ""},
		{"PUT", "/a", "one", 201, ""},
		{"GET", "/a", "", 200, "one"},
		{"HEAD", "/a", "", 200, ""},
		{"PUT", "/a", "two, longer", 204, ""},
		{"GET", "/a", "", 200, "two, longer"},
		{"PUT", "/a", "", 204, ""},
		{"GET", "/a", "", 200, ""},
		{"DELETE", "/a", "", 204, ""},
		{"DELETE", "/a", "", 404, ""},
		{"HEAD", "/a", "", 404, ""},
		{"PUT", "/" + long, "long", 201, ""},
		{"GET", "/" + long, "", 200, "long"},
		{"PUT", deep, "deep", 201, ""},
		{"GET", deep, "", 200, "deep"},
		{"GET", "/a1/b_2", "", 404, ""},
		{"PUT", "/a1/b_2", "directory", 409, ""},
		{"PUT", "/a1", "directory", 409, ""},
		{"PUT", deep + "x", "beside", 201, ""},
		{"PUT", "/f", "file", 201, ""},
		{"PUT", "/f/a", "below a file", 409, ""},
		{"PUT", "/f/a/b", "below a file", 409, ""},
		{"GET", "/f/a", "", 404, ""},
		{"DELETE", deep, "", 204, ""},
		{"PUT", "/a1", "still not empty", 409, ""},
		{"DELETE", deep + "x", "", 204, ""},
		{"PUT", "/a1", "free again", 201, ""},
		{"GET", "/a1", "", 200, "free again"},
		{"PUT", "/big", strings.Repeat("b", 64<<10), 201, ""},
		{"GET", "/big", "", 200, strings.Repeat("b", 64<<10)},
		{"PUT", "/big", strings.Repeat("b", 64<<10+1), 413, ""},
		{"POST", "/a", "", 405, ""},
		{"MKCOL", "/d", "", 405, ""},
	} {
		w := do(s, row.method, row.path, row.body)
		if w.Code != row.status {
			t.Fatalf("%s %.40s answers %d %s; want %d", row.method, row.path, w.Code, w.Body, row.status)
		}
		if row.status < 300 && w.Body.String() != row.want {
			t.Fatalf("%s %.40s has %d bytes; want %d others", row.method, row.path, w.Body.Len(), len(row.want))
		}
		if row.method == "HEAD" && row.status == 200 && w.Header().Get("Content-Length") != "3" {
			t.Errorf("HEAD says %q bytes; want 3", w.Header().Get("Content-Length"))
		}
		if got := w.Header().Get("Server-Timing"); !grammar.MatchString(got) {
			t.Errorf("%s %.40s: Server-Timing is %q", row.method, row.path, got)
		}
		if row.status == 405 && w.Header().Get("Allow") != "GET, HEAD, PUT, DELETE" {
			t.Errorf("Allow is %q", w.Header().Get("Allow"))
		}
	}
	if got := s.Metrics(); got["errors_total"] != 0 || got["commits_total"] != 12 || got["files"] != 4 || got["bytes"] != 4+4+10+64<<10 {
		t.Errorf("metrics are %v", got)
	}
}

// TestNames: what is no name is refused, and nothing outside can be reached.
func TestNames(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "volume")
	share, m := newShare(t, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 9}})
	sp := spec()
	sp.Demand = targets.Constant(time.Microsecond)
	s := newServer(t, sp, volume.Config{Directory: directory, Share: share})
	outside := filepath.Join(directory, "..", "outside")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/", "//", "/a/", "//a", "/a//b", "/.", "/..", "/../outside", "/a/../../outside", "/%2e%2e/outside", "/..%2foutside", "/a%2fb", "/%61",
		"/a/b/c/d", "/A", "/a.b", "/a%00", "/a%20b", "/é", "/a\\b", "/a:b", "/" + strings.Repeat("x", 129), "/a/" + strings.Repeat("x", 129),
	} {
		for _, method := range []string{"GET", "PUT", "DELETE", "POST"} {
			if w := do(s, method, "http://vol"+path, "x"); w.Code != 400 {
				t.Errorf("%s %q answers %d %s; want 400", method, path, w.Code, w.Body)
			}
		}
	}
	if got, err := os.ReadFile(outside); err != nil || string(got) != "secret" {
		t.Errorf("the file outside is %q, %v", got, err)
	}
	if cpu, _ := m.Usage(); cpu.Served != 0 {
		t.Errorf("wrong requests took CPU time: %+v", cpu)
	}
}

// TestLinks: a symbolic link in the directory is no way out.
func TestLinks(t *testing.T) {
	directory, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "a"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, spec(), volume.Config{Directory: directory})
	if err := os.Symlink(outside, filepath.Join(directory, "files", "d")); err != nil {
		t.Fatal(err)
	}
	if w := do(s, "PUT", "/d/b", "x"); w.Code != 500 {
		t.Errorf("a write through a link answers %d; want 500", w.Code)
	}
	if w := do(s, "GET", "/d/a", ""); w.Code != 404 {
		t.Errorf("a read through a link answers %d; want 404", w.Code)
	}
	if info, err := os.Lstat(filepath.Join(directory, "files", "d")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v; want it left alone", info, err)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside are %v, %v; want one file", entries, err)
	}
}

func TestEnds(t *testing.T) {
	now := newFakeTime()
	s := newServer(t, spec(), volume.Config{Now: now.Now})
	end := strconv.FormatInt(now.Now().Add(time.Second).UnixMilli(), 10)
	if w := do(s, "PUT", "/a", "x", "Expires-At", end); w.Code != 201 {
		t.Fatalf("answers %d %s", w.Code, w.Body)
	}
	now.Advance(999 * time.Millisecond)
	if w := do(s, "GET", "/a", ""); w.Code != 200 || w.Header().Get("Expires-At") != end || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("just before its end: %d, %v", w.Code, w.Header())
	}
	now.Advance(time.Millisecond)
	for _, method := range []string{"GET", "HEAD", "DELETE"} {
		if w := do(s, method, "/a", ""); w.Code != 404 {
			t.Errorf("%s at its end answers %d; want 404", method, w.Code)
		}
	}
	if w := do(s, "PUT", "/a", "y"); w.Code != 201 {
		t.Errorf("PUT of what has ended answers %d; want 201", w.Code)
	}
	now.Advance(24 * time.Hour)
	if w := do(s, "GET", "/a", ""); w.Code != 200 || w.Header()["Expires-At"] != nil {
		t.Errorf("without an end: %d, %v", w.Code, w.Header())
	}
	if w := do(s, "PUT", "/late", "z", "Expires-At", end); w.Code != 201 { // it was in time when it was sent
		t.Errorf("PUT of what has ended already answers %d; want 201", w.Code)
	}
	if w := do(s, "GET", "/late", ""); w.Code != 404 {
		t.Errorf("GET of what has ended answers %d; want 404", w.Code)
	}
	for _, wrong := range [][]string{{"Expires-At", ""}, {"Expires-At", "0"}, {"Expires-At", "-1"}, {"Expires-At", "+1"}, {"Expires-At", "1.5"},
		{"Expires-At", "tomorrow"}, {"Expires-At", "253402300800000"}, {"Expires-At", "99999999999999999999"}, {"Expires-At", "1", "Expires-At", "2"}} {
		if w := do(s, "PUT", "/b", "x", wrong...); w.Code != 400 {
			t.Errorf("%v answers %d; want 400", wrong, w.Code)
		}
	}
}

// TestFull: at the bound, files that have ended make room, and others do not.
func TestFull(t *testing.T) {
	now := newFakeTime()
	directory := t.TempDir()
	s := newServer(t, spec(), volume.Config{Now: now.Now, Files: 3, Directory: directory})
	in := func(d time.Duration) string { return strconv.FormatInt(now.Now().Add(d).UnixMilli(), 10) }
	put := func(path string, want int, header ...string) {
		t.Helper()
		if w := do(s, "PUT", path, "x", header...); w.Code != want {
			t.Errorf("PUT %s answers %d %s; want %d", path, w.Code, w.Body, want)
		}
	}
	put("/d/second", 201, "Expires-At", in(2*time.Second))
	put("/first", 201, "Expires-At", in(time.Second))
	put("/stays", 201)
	put("/more", 507)
	put("/stays", 204) // a replacement needs no room
	now.Advance(time.Second)
	put("/more", 201) // first has ended
	put("/evenmore", 507)
	now.Advance(time.Second)
	put("/d", 201) // second has ended, and its directory with it
	put("/evenmore", 507)
	if got := s.Metrics(); got["files"] != 3 || got["expired_total"] != 2 || got["full_total"] != 3 {
		t.Errorf("metrics are %v", got)
	}
	if names := onDisk(t, directory); strings.Join(names, " ") != "d more stays" {
		t.Errorf("on disk are %q", names)
	}
}

// onDisk lists the files of a volume's directory, temporary ones too, and the
// directories that are empty.
func onDisk(t testing.TB, directory string) (names []string) {
	t.Helper()
	for _, folder := range []string{"files", "temporary"} {
		root := filepath.Join(directory, folder)
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || path == root {
				return err
			}
			if d.IsDir() {
				below, err := os.ReadDir(path)
				if len(below) > 0 || err != nil {
					return err
				}
			}
			names = append(names, strings.TrimPrefix(path, root+"/"))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// TestSweep: ended files do not pile up.
func TestSweep(t *testing.T) {
	now := newFakeTime()
	s := newServer(t, spec(), volume.Config{Now: now.Now})
	for i := range 1000 {
		end := now.Now().Add(10 * time.Millisecond).UnixMilli()
		do(s, "PUT", "/d/"+strconv.Itoa(i), "x", "Expires-At", strconv.FormatInt(end, 10))
		now.Advance(time.Millisecond)
	}
	if got := s.Metrics(); got["files"] > 11 || got["files"]+got["expired_total"] != 1000 {
		t.Errorf("%v files and %v taken away; want about 10 and 1000 together", got["files"], got["expired_total"])
	}
}

// TestCharges looks at the machine's own books.
func TestCharges(t *testing.T) {
	sp := spec()
	sp.Demand, sp.Access, sp.PoolFiles = targets.Constant(time.Millisecond), targets.Constant(2*time.Millisecond), 2
	share, m := newShare(t, targets.Machine{CPU: targets.Resource{Slots: 1, Queue: 9}, Disk: targets.Resource{Slots: 1, Queue: 9}})
	s := newServer(t, sp, volume.Config{Share: share})
	var cpus, disks int64
	for _, row := range []struct {
		method, path string
		status       int
		disk         int64
		timing       string
	}{
		{"GET", "/a", 404, 0, "vol-queue;dur=0.000, vol-work;dur=1.000"},
		{"PUT", "/a", 201, 1, "vol-queue;dur=0.000, vol-work;dur=3.000"},
		{"GET", "/a", 200, 0, "vol-queue;dur=0.000, vol-work;dur=1.000"}, // just written
		{"PUT", "/b", 201, 1, "vol-queue;dur=0.000, vol-work;dur=3.000"},
		{"PUT", "/c", 201, 1, "vol-queue;dur=0.000, vol-work;dur=3.000"}, // drops a from the pool
		{"GET", "/a", 200, 1, `vol-queue;dur=0.000, vol-work;dur=3.000, vol-miss;desc="1"`},
		{"HEAD", "/a", 200, 0, "vol-queue;dur=0.000, vol-work;dur=1.000"},
		{"DELETE", "/a", 204, 1, "vol-queue;dur=0.000, vol-work;dur=3.000"},
		{"DELETE", "/a", 404, 0, "vol-queue;dur=0.000, vol-work;dur=1.000"},
	} {
		w := do(s, row.method, row.path, "x")
		cpus, disks = cpus+1, disks+row.disk
		if got := w.Header().Get("Server-Timing"); w.Code != row.status || got != row.timing {
			t.Errorf("%s %s: %d, %q; want %d, %q", row.method, row.path, w.Code, got, row.status, row.timing)
		}
		if cpu, disk := m.Usage(); cpu.Served != cpus || disk.Served != disks {
			t.Errorf("after %s %s the machine has served %d and %d; want %d and %d", row.method, row.path, cpu.Served, disk.Served, cpus, disks)
		}
	}
	if got := s.Metrics(); got["pool_hits_total"] != 2 || got["pool_misses_total"] != 1 {
		t.Errorf("pool counts %v hits, %v misses; want 2, 1", got["pool_hits_total"], got["pool_misses_total"])
	}
}

// TestBusy: what a full machine refuses is not done.
func TestBusy(t *testing.T) {
	sp := spec()
	sp.Access = targets.Constant(time.Minute)
	share, m := newShare(t, targets.Machine{Disk: targets.Resource{Slots: 1}})
	s := newServer(t, sp, volume.Config{Share: share})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := make(chan int, 1)
	go func() { first <- doContext(ctx, s, "PUT", "/slow", "x").Code }()
	await(t, "the disk to be busy", func() bool { _, disk := m.Usage(); return disk.Busy > 0 })
	w := do(s, "PUT", "/a", "x")
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("answers %d, Retry-After %q; want 503", w.Code, w.Header().Get("Retry-After"))
	}
	cancel()
	if code := <-first; code != http.StatusServiceUnavailable {
		t.Errorf("the one that gave up has %d", code)
	}
	if got := s.Metrics(); got["files"] != 0 || got["commits_total"] != 0 || got["refused_total"] != 2 {
		t.Errorf("metrics are %v", got)
	}
}

// await polls until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
