package asset

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rung/targets"
)

const (
	// immutable is the Cache-Control of a versioned URL (RFC 8246): a year.
	immutable = "public, max-age=31536000, immutable"
	// keptVersions is how many versions are held in memory: the current one
	// and those just before it.
	keptVersions = 4
)

// Library holds the static files in versions. All files change their version
// at once. It serves GET and HEAD of
//
//	/assets/{name}      the current version
//	/assets/{name}?v=N  version N, for 1 <= N <= the current one
//	/assets             the manifest: what there is, by versioned URL
//
// The last four versions are held in memory: the current one from Publish on,
// the others from their first request on. An older one is made anew for each
// request, so that memory stays bounded by four times the sum of sizes.
//
// A Library is safe for concurrent use and must be made by NewLibrary.
type Library struct {
	sizes    []int
	numbers  map[string]int // file number by name
	caching  []string       // Cache-Control of the current version
	publish  sync.Mutex
	revision atomic.Pointer[revision]
}

// revision is the state between two publications.
type revision struct {
	version  int
	manifest File
	editions [keptVersions]*edition // of version, version-1, ...; nil below 1
}

// NewLibrary makes a library at version 1, whose file i is called
// targets.AssetName(i) and is sizes[i] bytes long. MaxAge is the max-age of
// the URLs without a version. RFC 9111 has whole seconds only: it is rounded
// up, so that any maxAge above zero is at least 1 s on the wire. Zero or less
// means no-cache: caches must ask each time.
func NewLibrary(sizes []int, maxAge time.Duration) *Library {
	l := &Library{sizes: append([]int(nil), sizes...), numbers: map[string]int{}, caching: []string{caching(maxAge)}}
	for i := range l.sizes {
		l.numbers[targets.AssetName(i)] = i
	}
	l.revision.Store(l.next(nil, 1))
	return l
}

func caching(maxAge time.Duration) string {
	if maxAge <= 0 {
		return "no-cache"
	}
	seconds := int64((maxAge-1)/time.Second) + 1
	return "public, max-age=" + strconv.FormatInt(seconds, 10)
}

// next makes the revision of a version, with all of its files, from the one
// before it.
func (l *Library) next(old *revision, version int) *revision {
	r := &revision{version: version}
	for back := range r.editions {
		v := version - back
		if v < 1 {
			break
		}
		if old != nil {
			if at := old.version - v; at >= 0 && at < keptVersions {
				r.editions[back] = old.editions[at]
				continue
			}
		}
		r.editions[back] = newEdition(l.sizes, v)
	}
	for i := range l.sizes {
		r.editions[0].file(i)
	}
	r.manifest = newManifest(r.editions[0])
	return r
}

// Publish makes version the current one for all files at once. It makes their
// contents first, so no request waits for that. It goes forward only: the
// error says that version is not above the current one.
func (l *Library) Publish(version int) error {
	l.publish.Lock()
	defer l.publish.Unlock()
	old := l.revision.Load()
	if version <= old.version {
		return fmt.Errorf("publish version %d of the assets: it must be above the current version %d", version, old.version)
	}
	l.revision.Store(l.next(old, version))
	return nil
}

// Version returns the current version, from 1 up.
func (l *Library) Version() int { return l.revision.Load().version }

// Lookup returns what is to be answered for a path and a raw query, and
// whether there is such a thing. A query other than v=N is ignored; N must be
// decimal digits without a leading zero. For the current version it does not
// allocate.
func (l *Library) Lookup(path, query string) (File, bool) {
	now := l.revision.Load()
	if path == manifestPath {
		return now.manifest, true
	}
	name, ok := strings.CutPrefix(path, prefix)
	if !ok {
		return File{}, false
	}
	i, ok := l.numbers[name]
	if !ok {
		return File{}, false
	}
	asked, given, ok := versionOf(query)
	switch {
	case !ok || asked > now.version:
		return File{}, false
	case !given:
		f := now.editions[0].file(i)
		f.caching = l.caching
		return f, true
	}
	var f File
	if back := now.version - asked; back < keptVersions {
		f = now.editions[back].file(i)
	} else {
		f = newFile(name, typeBinary, VersionBytes(i, l.sizes[i], asked), asked)
	}
	f.caching = foreverCaching
	return f, true
}

var foreverCaching = []string{immutable}

// versionOf reads v=N. Ok is false when there is a v that is no version.
func versionOf(query string) (version int, given, ok bool) {
	if query == "" {
		return 0, false, true
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return 0, false, false
	}
	v := values["v"]
	if len(v) == 0 {
		return 0, false, true
	}
	n, err := strconv.ParseUint(v[0], 10, 31)
	if err != nil || len(v) > 1 || n < 1 || v[0][0] == '0' || v[0][0] == '+' {
		return 0, true, false
	}
	return int(n), true, true
}

// ServeHTTP answers one request. It answers 404 for a file or a version that
// there is not, which no cache may keep: the version may come. Other methods
// than GET and HEAD are answered 405.
func (l *Library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	f, ok := l.Lookup(r.URL.Path, r.URL.RawQuery)
	if !ok {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "no such asset", http.StatusNotFound)
		return
	}
	f.Send(w, r)
}
