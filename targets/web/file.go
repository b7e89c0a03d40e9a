package web

import (
	"fmt"
	"net/http"
)

// assetBytes is the size of the largest static file allowed, as in
// Topology.Validate.
const assetBytes = 16 << 20

func checkSizes(sizes []int) error {
	for i, size := range sizes {
		if size < 1 || size > assetBytes {
			return fmt.Errorf("size of asset %d is %d bytes: allowed is 1 to %d", i, size, assetBytes)
		}
	}
	return nil
}

// getAsset answers GET /assets/{name} and GET /assets. Whoever else serves the
// site's files, a balancer for one, has the same ones: package asset holds the
// rule.
func (s *Server) getAsset(x *exchange, e *endpoint, _ string) {
	f, ok := s.library.Lookup(x.r.URL.Path, x.r.URL.RawQuery)
	if !ok {
		s.counters.invalid.Add(1)
		// No cache may keep this: the version may come.
		x.w.Header()["Cache-Control"] = noStore
		x.problem(http.StatusNotFound, problem{Error: "no such file or version"})
		return
	}
	if !s.charge(x, e) {
		return
	}
	x.seal()
	x.file = statusWriter{ResponseWriter: x.w}
	f.Send(&x.file, x.r)
	x.status = x.file.status
}
