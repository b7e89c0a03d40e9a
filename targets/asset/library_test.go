package asset_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/asset"
)

func get(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestVersionsDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, size := rapid.IntRange(0, 500).Draw(t, "i"), rapid.IntRange(1, 300).Draw(t, "size")
		v := rapid.IntRange(1, 100_000).Draw(t, "version")
		a, b := asset.VersionBytes(i, size, v), asset.VersionBytes(i, size, v+1)
		if len(a) != size || len(b) != size || bytes.Equal(a, b) {
			t.Fatalf("versions %d and %d of file %d, %d bytes, do not differ", v, v+1, i, size)
		}
		if asset.VersionETag(i, size, v) == asset.VersionETag(i, size, v+1) {
			t.Fatal("etags do not differ")
		}
		if longer := asset.VersionBytes(i, size+9, v); !bytes.Equal(longer[:size], a) {
			t.Fatal("a longer file does not start with the shorter one")
		}
		if !bytes.Equal(asset.VersionBytes(i, size, 1), asset.Bytes(i, size)) {
			t.Fatal("version 1 is not what Bytes says")
		}
	})
}

func TestLibraryAnswers(t *testing.T) {
	sizes := []int{100, 4096}
	l := asset.NewLibrary(sizes, 1500*time.Millisecond)
	for _, v := range []int{2, 7} {
		if err := l.Publish(v); err != nil {
			t.Fatal(err)
		}
	}
	const current, forever = "public, max-age=2", "public, max-age=31536000, immutable"
	v := func(version int) []byte { return asset.VersionBytes(0, 100, version) }
	tests := []struct {
		name, method, path string
		header             []string
		status             int
		body               []byte
		caching, version   string
	}{
		{"current", "GET", "/assets/asset-00.bin", nil, 200, v(7), current, "7"},
		{"another", "GET", "/assets/asset-01.bin", nil, 200, asset.VersionBytes(1, 4096, 7), current, "7"},
		{"other query", "GET", "/assets/asset-00.bin?w=1", nil, 200, v(7), current, "7"},
		{"by version", "GET", "/assets/asset-00.bin?v=7", nil, 200, v(7), forever, "7"},
		{"skipped, kept", "GET", "/assets/asset-00.bin?v=5", nil, 200, v(5), forever, "5"},
		{"oldest kept", "GET", "/assets/asset-00.bin?v=4", nil, 200, v(4), forever, "4"},
		{"older", "GET", "/assets/asset-00.bin?v=3", nil, 200, v(3), forever, "3"},
		{"first", "GET", "/assets/asset-00.bin?v=1", nil, 200, asset.Bytes(0, 100), forever, "1"},
		{"head", "HEAD", "/assets/asset-00.bin", nil, 200, nil, current, "7"},
		{"range", "GET", "/assets/asset-00.bin", []string{"Range", "bytes=10-19"}, 206, v(7)[10:20], current, "7"},
		{"had", "GET", "/assets/asset-00.bin", []string{"If-None-Match", asset.VersionETag(0, 100, 7)}, 304, nil, current, "7"},
		{"had an old one", "GET", "/assets/asset-00.bin", []string{"If-None-Match", asset.ETag(0, 100)}, 200, v(7), current, "7"},
		{"to come", "GET", "/assets/asset-00.bin?v=8", nil, 404, nil, "no-store", ""},
		{"zero", "GET", "/assets/asset-00.bin?v=0", nil, 404, nil, "no-store", ""},
		{"negative", "GET", "/assets/asset-00.bin?v=-1", nil, 404, nil, "no-store", ""},
		{"empty", "GET", "/assets/asset-00.bin?v=", nil, 404, nil, "no-store", ""},
		{"leading zero", "GET", "/assets/asset-00.bin?v=07", nil, 404, nil, "no-store", ""},
		{"huge", "GET", "/assets/asset-00.bin?v=99999999999999999999", nil, 404, nil, "no-store", ""},
		{"twice", "GET", "/assets/asset-00.bin?v=1&v=2", nil, 404, nil, "no-store", ""},
		{"broken query", "GET", "/assets/asset-00.bin?v=1;2", nil, 404, nil, "no-store", ""},
		{"unknown", "GET", "/assets/asset-02.bin", nil, 404, nil, "no-store", ""},
		{"folder", "GET", "/assets/", nil, 404, nil, "no-store", ""},
		{"elsewhere", "GET", "/", nil, 404, nil, "no-store", ""},
		{"post", "POST", "/assets/asset-00.bin", nil, 405, nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(l, tt.method, tt.path, tt.header...)
			if w.Code != tt.status {
				t.Fatalf("status is %d, want %d", w.Code, tt.status)
			}
			if tt.status < 300 && !bytes.Equal(w.Body.Bytes(), tt.body) {
				t.Error("body differs")
			}
			if got := w.Header().Get("Cache-Control"); got != tt.caching {
				t.Errorf("Cache-Control is %q, want %q", got, tt.caching)
			}
			if got := w.Header().Get("X-Asset-Version"); got != tt.version {
				t.Errorf("X-Asset-Version is %q, want %q", got, tt.version)
			}
			if got := w.Header().Get("Last-Modified"); got != "" {
				t.Errorf("Last-Modified is %q, want none", got)
			}
		})
	}
}

func TestLibraryMaxAge(t *testing.T) {
	for maxAge, want := range map[time.Duration]string{
		-time.Second: "no-cache", 0: "no-cache", 1: "public, max-age=1", time.Second: "public, max-age=1",
		time.Second + 1: "public, max-age=2", time.Hour: "public, max-age=3600",
	} {
		if got := get(asset.NewLibrary([]int{1}, maxAge), "GET", "/assets/asset-00.bin").Header().Get("Cache-Control"); got != want {
			t.Errorf("max age %v: Cache-Control is %q, want %q", maxAge, got, want)
		}
	}
}

func TestLibraryGoesForwardOnly(t *testing.T) {
	l := asset.NewLibrary([]int{10}, 0)
	for _, step := range []struct {
		version int
		ok      bool
	}{{1, false}, {0, false}, {3, true}, {3, false}, {2, false}, {4, true}, {1000, true}} {
		before := l.Version()
		err := l.Publish(step.version)
		if (err == nil) != step.ok {
			t.Errorf("publish %d at %d: %v", step.version, before, err)
		}
		if want := map[bool]int{true: step.version, false: before}[step.ok]; l.Version() != want {
			t.Errorf("version is %d, want %d", l.Version(), want)
		}
	}
}

func TestManifestNamesEveryFile(t *testing.T) {
	sizes := []int{10, 2000}
	l := asset.NewLibrary(sizes, time.Hour)
	if err := l.Publish(3); err != nil {
		t.Fatal(err)
	}
	w := get(l, "GET", "/assets")
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("manifest: %d %v", w.Code, w.Header())
	}
	var m struct {
		Version int
		Files   []struct {
			Name, URL, ETag string
			Size            int
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || m.Version != 3 || len(m.Files) != 2 {
		t.Fatalf("%v: %s", err, w.Body)
	}
	for i, f := range m.Files {
		got := get(l, "GET", f.URL)
		if f.Name != targets.AssetName(i) || f.Size != sizes[i] || got.Body.Len() != f.Size || got.Header().Get("Etag") != f.ETag {
			t.Errorf("file %d: %+v, served with %v", i, f, got.Header())
		}
	}
	if again := get(l, "GET", "/assets", "If-None-Match", w.Header().Get("Etag")); again.Code != 304 {
		t.Errorf("status of a manifest that the client has: %d", again.Code)
	}
	if err := l.Publish(4); err != nil {
		t.Fatal(err)
	}
	if again := get(l, "GET", "/assets", "If-None-Match", w.Header().Get("Etag")); again.Code != 200 {
		t.Errorf("status of a manifest that changed: %d", again.Code)
	}
}

// What is answered while versions are published is always one version, whole.
func TestLibraryPublishesAtOnce(t *testing.T) {
	l := asset.NewLibrary([]int{64, 64}, 0)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			last := 0
			for range 300 {
				f, ok := l.Lookup("/assets/asset-01.bin", "")
				if !ok || f.Version < last || !bytes.Equal(f.Body, asset.VersionBytes(1, 64, f.Version)) {
					t.Errorf("version %d after %d, found %v", f.Version, last, ok)
					return
				}
				last = f.Version
				old := max(1, last-wayBack)
				if o, ok := l.Lookup("/assets/asset-00.bin", fmt.Sprintf("v=%d", old)); !ok || o.Version != old {
					t.Errorf("version %d at %d: found %v", old, last, ok)
					return
				}
			}
		})
	}
	for v := 2; v < 60; v++ {
		if err := l.Publish(v); err != nil {
			t.Error(err)
		}
	}
	group.Wait()
}

const wayBack = 5 // beyond what is kept

func TestLookupDoesNotAllocate(t *testing.T) {
	l := asset.NewLibrary([]int{1 << 20}, time.Hour)
	if n := testing.AllocsPerRun(100, func() {
		if f, ok := l.Lookup("/assets/asset-00.bin", ""); !ok || len(f.Body) != 1<<20 {
			t.Fatal("not found")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzLookup(f *testing.F) {
	l := asset.NewLibrary([]int{10}, time.Second)
	_ = l.Publish(6)
	f.Add("/assets/asset-00.bin", "v=3")
	f.Add("/assets", "")
	f.Add("/assets/asset-00.bin", "a=%zz&v=1")
	f.Fuzz(func(t *testing.T, path, query string) {
		file, ok := l.Lookup(path, query)
		if ok && (file.Version < 1 || file.Version > 6 || file.CacheControl() == "" || file.ETag() == "") {
			t.Fatalf("%q %q: %+v", path, query, file)
		}
	})
}
