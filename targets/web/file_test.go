package web_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/asset"
	"rung/targets/web"
)

func TestAssets(t *testing.T) {
	sp := spec()
	sp.AssetSizes = append(sp.AssetSizes, 1, 1<<20)
	sp.AssetMaxAge = time.Hour
	s := newServer(t, sp, web.Config{Seed: 1})
	other := newServer(t, sp, web.Config{Seed: 2})
	for i, size := range sp.AssetSizes {
		t.Run(targets.AssetName(i), func(t *testing.T) {
			path := "/assets/" + targets.AssetName(i)
			w := do(s, "GET", path, "")
			if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), asset.Bytes(i, size)) {
				t.Fatalf("got %d and %d bytes, want the %d bytes of asset %d", w.Code, w.Body.Len(), size, i)
			}
			h := w.Header()
			for name, want := range map[string]string{
				"Content-Type": "application/octet-stream", "Content-Length": strconv.Itoa(size),
				"Cache-Control": "public, max-age=3600", "X-Asset-Version": "1", "Etag": asset.ETag(i, size), "Accept-Ranges": "bytes",
			} {
				if got := h.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			// Two servers of a site are interchangeable in the middle of a
			// download.
			if got := do(other, "GET", path, "").Header().Get("Etag"); got != h.Get("Etag") {
				t.Errorf("another server says %s, this one %s", got, h.Get("Etag"))
			}
			head := do(s, "HEAD", path, "")
			if head.Body.Len() != 0 || head.Header().Get("Content-Length") != strconv.Itoa(size) {
				t.Errorf("HEAD sends %d bytes, length %q", head.Body.Len(), head.Header().Get("Content-Length"))
			}
		})
	}
}

func TestAssetConditions(t *testing.T) {
	s := newServer(t, spec(), web.Config{})
	content, tag := asset.Bytes(0, 1<<10), asset.ETag(0, 1<<10)
	tests := []struct {
		name   string
		header []string
		status int
		want   []byte
		ranged string
	}{
		{"range", []string{"Range", "bytes=10-19"}, 206, content[10:20], "bytes 10-19/1024"},
		{"last bytes", []string{"Range", "bytes=-4"}, 206, content[1020:], "bytes 1020-1023/1024"},
		{"beyond", []string{"Range", "bytes=2000-"}, 416, nil, "bytes */1024"},
		{"range of this version", []string{"Range", "bytes=0-0", "If-Range", tag}, 206, content[:1], "bytes 0-0/1024"},
		{"range of another version", []string{"Range", "bytes=0-0", "If-Range", `"x"`}, 200, content, ""},
		{"unchanged", []string{"If-None-Match", tag}, 304, []byte{}, ""},
		{"changed", []string{"If-None-Match", `"x"`}, 200, content, ""},
		{"precondition", []string{"If-Match", `"x"`}, 412, []byte{}, ""},
		{"no date to compare", []string{"If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"}, 200, content, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := do(s, "GET", "/assets/asset-00.bin", "", tt.header...)
			if w.Code != tt.status {
				t.Fatalf("status is %d, want %d", w.Code, tt.status)
			}
			if tt.want != nil && !bytes.Equal(w.Body.Bytes(), tt.want) {
				t.Errorf("body has %d bytes, want %d others", w.Body.Len(), len(tt.want))
			}
			if got := w.Header().Get("Content-Range"); got != tt.ranged {
				t.Errorf("Content-Range is %q, want %q", got, tt.ranged)
			}
			if !grammar.MatchString(w.Header().Get("Server-Timing")) {
				t.Errorf("Server-Timing is %q", w.Header().Get("Server-Timing"))
			}
		})
	}
}

// TestPublish: all files change at once, and a version keeps its content.
func TestPublish(t *testing.T) {
	s := newServer(t, spec(), web.Config{})
	path := "/assets/" + targets.AssetName(0)
	get := func(target string, version int, caching string) {
		t.Helper()
		w := do(s, "GET", target, "")
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), asset.VersionBytes(0, 1<<10, version)) || w.Header().Get("Cache-Control") != caching ||
			w.Header().Get("X-Asset-Version") != strconv.Itoa(version) {
			t.Errorf("%s answers %d, %v; want version %d, %q", target, w.Code, w.Header(), version, caching)
		}
	}
	const forever = "public, max-age=31536000, immutable"
	get(path, 1, "no-cache")
	if w := do(s, "GET", path+"?v=2", ""); w.Code != 404 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a version to come answers %d, %q", w.Code, w.Header().Get("Cache-Control"))
	}
	if err := s.Publish(2); err != nil {
		t.Fatal(err)
	}
	get(path, 2, "no-cache")
	get(path+"?v=2", 2, forever)
	get(path+"?v=1", 1, forever)
	if w := do(s, "GET", "/assets", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"version":2`) ||
		!strings.Contains(w.Body.String(), path+"?v=2") || !grammar.MatchString(w.Header().Get("Server-Timing")) {
		t.Errorf("the manifest is %d %s", w.Code, w.Body)
	}
	for _, old := range []int{2, 1, 0, -1} {
		if err := s.Publish(old); err == nil || !strings.Contains(err.Error(), "web-1") {
			t.Errorf("publish %d: %v; want an error of web-1", old, err)
		}
	}
	if got := s.Metrics(); got["asset_version"] != 2 || got["requests_asset_total"] != 6 {
		t.Errorf("metrics are %v", got)
	}
}
