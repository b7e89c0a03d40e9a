package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rung/targets"
	"rung/targets/asset"
)

// assetBytes is the size of the largest static file allowed, as in
// Topology.Validate.
const assetBytes = 16 << 20

// Header values of static files.
var (
	typeBinary   = []string{"application/octet-stream"}
	assetCaching = []string{asset.CacheControl}
	byteRanges   = []string{"bytes"}
)

// file is a static file, with its headers made beforehand.
type file struct {
	body         []byte
	etag, length []string
}

func checkSizes(sizes []int) error {
	for i, size := range sizes {
		if size < 1 || size > assetBytes {
			return fmt.Errorf("size of asset %d is %d bytes: allowed is 1 to %d", i, size, assetBytes)
		}
	}
	return nil
}

// newAssets makes the files by name. Whoever else serves the site's files, a
// balancer for one, has the same ones: package asset holds the rule.
func newAssets(sizes []int) map[string]*file {
	files := make(map[string]*file, len(sizes))
	for i, size := range sizes {
		files[targets.AssetName(i)] = &file{
			body:   asset.Bytes(i, size),
			etag:   []string{asset.ETag(i, size)},
			length: []string{strconv.Itoa(size)},
		}
	}
	return files
}

// getAsset answers GET /assets/{name}.
func (s *Server) getAsset(x *exchange, e *endpoint, name string) {
	f := s.assets[name]
	if f == nil {
		s.counters.invalid.Add(1)
		x.problem(http.StatusNotFound, problem{Error: "no such file"})
		return
	}
	if !s.charge(x, e) {
		return
	}
	x.seal()
	h := x.w.Header()
	h["Content-Type"] = typeBinary
	h["Cache-Control"] = assetCaching
	h["Etag"] = f.etag
	if isPartial(x.r.Header) {
		http.ServeContent(x.w, x.r, name, time.Time{}, bytes.NewReader(f.body))
		return
	}
	// The usual case in one write of the shared buffer, without a copy.
	h["Accept-Ranges"] = byteRanges
	h["Content-Length"] = f.length
	x.w.WriteHeader(http.StatusOK)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(f.body) // a failed write means that the client has gone
	}
}

// isPartial says whether the request has a header that can change which bytes
// are sent (RFC 9110, sections 13 and 14).
func isPartial(h http.Header) bool {
	for _, name := range [...]string{"Range", "If-None-Match", "If-Match", "If-Range",
		"If-Modified-Since", "If-Unmodified-Since"} {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}
