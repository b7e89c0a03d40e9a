package asset

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"rung/targets"
)

// CacheControl is the Cache-Control header of every file: any cache may keep
// it for an hour.
const CacheControl = "public, max-age=3600"

// prefix is where the files live.
const prefix = "/assets/"

type file struct {
	content []byte
	etag    string
}

// Handler serves GET and HEAD of /assets/{name}: file i is called
// targets.AssetName(i) and is sizes[i] bytes long. It answers conditional and
// range requests, 404 for a name that is none of them, and 405 for other
// methods. All files are held in memory, the sum of sizes. The handler is safe
// for concurrent use.
func Handler(sizes []int) http.Handler {
	files := make(map[string]file, len(sizes))
	for i, size := range sizes {
		content := Bytes(i, size)
		files[targets.AssetName(i)] = file{content: content, etag: tag(content)}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		name, _ := strings.CutPrefix(r.URL.Path, prefix)
		f, ok := files[name]
		if !ok {
			http.Error(w, "no such asset", http.StatusNotFound)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Cache-Control", CacheControl)
		h.Set("Etag", f.etag)
		// No modification time: the tag alone identifies the content.
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.content))
	})
}
