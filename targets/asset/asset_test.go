package asset_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/asset"
)

// TestBytesRule checks the published rule with a second writing of it, byte by
// byte.
func TestBytesRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, 1000).Draw(t, "i")
		size := rapid.IntRange(0, 3000).Draw(t, "size")
		got := asset.Bytes(i, size)
		if len(got) != size {
			t.Fatalf("length is %d, want %d", len(got), size)
		}
		stream := rand.NewPCG(1, uint64(i))
		var word uint64
		for at, b := range got {
			if at%8 == 0 {
				word = stream.Uint64()
			}
			if want := byte(word >> (8 * (at % 8))); b != want {
				t.Fatalf("byte %d is %#x, want %#x", at, b, want)
			}
		}
	})
}

// TestBytesKnown pins the content, so that no later change moves it unseen.
func TestBytesKnown(t *testing.T) {
	tests := []struct {
		i, size int
		hex     string
		etag    string
	}{
		{0, 0, "", `"e3b0c44298fc1c149afbf4c8996fb924"`}, // SHA-256 of nothing
		{-1, -5, "", `"e3b0c44298fc1c149afbf4c8996fb924"`},
		{0, 10, "0329edab29a127995653", `"21183713eb7d47bd1889ddf11237be32"`},
		{7, 10, "827eda676ae0e98cc11e", `"66e583ceb528d25249e3de96d0eee613"`},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.i, "/", tt.size), func(t *testing.T) {
			if got := fmt.Sprintf("%x", asset.Bytes(tt.i, tt.size)); got != tt.hex {
				t.Errorf("content is %s, want %s", got, tt.hex)
			}
			if got := asset.ETag(tt.i, tt.size); got != tt.etag {
				t.Errorf("etag is %s, want %s", got, tt.etag)
			}
		})
	}
}

func TestHandler(t *testing.T) {
	sizes := []int{100, 4096}
	h := asset.Handler(sizes)
	first := asset.Bytes(0, 100)
	tests := []struct {
		name         string
		method, path string
		header       [2]string
		status       int
		body         []byte
	}{
		{"first", "GET", "/assets/asset-00.bin", [2]string{}, 200, first},
		{"second", "GET", "/assets/asset-01.bin", [2]string{}, 200, asset.Bytes(1, 4096)},
		{"query is ignored", "GET", "/assets/asset-00.bin?v=2", [2]string{}, 200, first},
		{"head", "HEAD", "/assets/asset-00.bin", [2]string{}, 200, nil},
		{"range", "GET", "/assets/asset-00.bin", [2]string{"Range", "bytes=10-19"}, 206, first[10:20]},
		{"range past the end", "GET", "/assets/asset-00.bin", [2]string{"Range", "bytes=100-"}, 416, nil},
		{"same tag", "GET", "/assets/asset-00.bin", [2]string{"If-None-Match", asset.ETag(0, 100)}, 304, nil},
		{"other tag", "GET", "/assets/asset-00.bin", [2]string{"If-None-Match", asset.ETag(1, 100)}, 200, first},
		{"unknown", "GET", "/assets/asset-02.bin", [2]string{}, 404, nil},
		{"folder", "GET", "/assets/", [2]string{}, 404, nil},
		{"deeper", "GET", "/assets/x/asset-00.bin", [2]string{}, 404, nil},
		{"post", "POST", "/assets/asset-00.bin", [2]string{}, 405, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			if tt.header[0] != "" {
				r.Header.Set(tt.header[0], tt.header[1])
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Fatalf("status is %d, want %d", w.Code, tt.status)
			}
			if tt.status < 300 && !bytes.Equal(w.Body.Bytes(), tt.body) {
				t.Errorf("body of %d bytes differs, want %d bytes", w.Body.Len(), len(tt.body))
			}
			if tt.status < 400 {
				if got := w.Header().Get("Cache-Control"); got != asset.CacheControl {
					t.Errorf("Cache-Control is %q", got)
				}
				if got := w.Header().Get("Etag"); !strings.HasPrefix(got, `"`) {
					t.Errorf("Etag is %q: want a strong tag", got)
				}
			}
		})
	}
}

func TestHandlerNames(t *testing.T) {
	h := asset.Handler(make([]int, 120)) // names grow a digit at 100
	for i := range 120 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/assets/"+targets.AssetName(i), nil))
		if w.Code != http.StatusOK {
			t.Fatalf("asset %d: status %d", i, w.Code)
		}
	}
}
