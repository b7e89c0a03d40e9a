package cdn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"rung/targets/trace"
)

const (
	// purgeMethod is the method that Varnish and Fastly use.
	purgeMethod = "PURGE"
	// relayHeader marks a purge that another edge passed on.
	relayHeader = "Rung-Purge-Relay"
	// allVersionsHeader widens a purge to every query of its path.
	allVersionsHeader = "Purge-All-Versions"

	peerConnections = 4
	// relayTimeout bounds the whole relay, whatever the origin's timeout.
	relayTimeout = 5 * time.Second
	purgeBytes   = 64 << 10 // of a peer's answer
)

// peer is another edge of the same provider.
type peer struct {
	name      string
	transport *http.Transport
}

// Purged is what a purge removed, the body of the answer to PURGE.
type Purged struct {
	// Target is the path and query that was purged; a prefix ends in "*".
	Target string `json:"target"`
	// Removed entries in all edges together; each variant is one.
	Removed int `json:"removed"`
	// Edges lists the edges that did it, this one first.
	Edges []EdgePurge `json:"edges"`
	// Failed lists the peers that may still have the old content.
	Failed []FailedPurge `json:"failed"`
}

// EdgePurge is what one edge removed.
type EdgePurge struct {
	Edge    string `json:"edge"`
	Removed int    `json:"removed"`
	// Fenced questions to the origin were under way: their answers are not
	// kept.
	Fenced int `json:"fenced"`
}

// FailedPurge is a peer that did not purge, and why.
type FailedPurge struct {
	Edge  string `json:"edge"`
	Error string `json:"error"`
}

func (s *Server) authorized(r *http.Request) bool {
	if s.spec.PurgeKey == "" {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	same := subtle.ConstantTimeCompare(sum[:], s.key[:]) == 1
	return same && strings.EqualFold(scheme, "bearer")
}

// purge answers PURGE /path: it removes the exact path and query with all its
// variants; with Purge-All-Versions: 1 the path with every query; with a path
// that ends in "*" everything that starts so ("/*" is everything). It does so
// here and, unless the request has Rung-Purge-Relay, at all peers at once. The
// answer is 200 with a Purged, or 502 with one when a peer failed: then what
// the others removed stays removed, and the purge should be tried again.
func (s *Server) purge(v *visit) {
	s.counters.purges.Add(1)
	key := keyOf(v.r)
	t := target{key: key}
	switch {
	case strings.HasSuffix(key, "*") && !strings.Contains(key, "?"):
		t = target{key: strings.TrimSuffix(key, "*"), prefix: true}
	case v.r.Header.Get(allVersionsHeader) == "1":
		path, _, _ := strings.Cut(key, "?")
		t = target{key: path, versions: true}
	}
	out := Purged{Target: key, Edges: []EdgePurge{}, Failed: []FailedPurge{}}
	var peers []peer
	if v.r.Header.Get(relayHeader) == "" {
		peers = s.peers
	}
	// Here first: it takes no time, and the relay may.
	here := s.purgeHere(t)
	out.Edges = append(out.Edges, here)
	for i, result := range s.relayPurge(v.r, peers) {
		if result.err != nil {
			s.log.Warn("purge of a peer failed", "peer", peers[i].name, "target", key, "error", result.err)
			out.Failed = append(out.Failed, FailedPurge{Edge: peers[i].name, Error: result.err.Error()})
			continue
		}
		out.Edges = append(out.Edges, result.purged.Edges...)
	}
	for _, e := range out.Edges {
		out.Removed += e.Removed
	}
	code := http.StatusOK
	if len(out.Failed) > 0 {
		code = http.StatusBadGateway
		s.counters.relayFailures.Add(int64(len(out.Failed)))
	}
	s.sign(v.Header())
	v.Header().Set("Cache-Control", "no-store")
	s.mark(v, status{reason: fwdMethod})
	v.Header().Del("Cache-Status")
	v.outcome = ""
	s.writeJSON(v, code, out)
}

// purgeHere removes from this edge's cache.
func (s *Server) purgeHere(t target) EdgePurge {
	removed, fenced := s.shelf.purge(t)
	s.counters.purged.Add(int64(removed))
	s.counters.fenced.Add(int64(fenced))
	return EdgePurge{Edge: s.role, Removed: removed, Fenced: fenced}
}

type relayed struct {
	purged Purged
	err    error
}

// relayPurge passes a purge on to the peers, to all at the same time, and
// returns what each said.
func (s *Server) relayPurge(r *http.Request, peers []peer) []relayed {
	ctx, cancel := context.WithTimeout(r.Context(), min(relayTimeout, s.spec.Timeout))
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	out := make([]relayed, len(peers))
	var group sync.WaitGroup
	for i, p := range peers {
		group.Go(func() { out[i].purged, out[i].err = s.purgeAt(ctx, p, r) })
	}
	group.Wait()
	return out
}

func (s *Server) purgeAt(ctx context.Context, p peer, r *http.Request) (Purged, error) {
	at := url.URL{Scheme: "http", Host: "peer", Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	out := (&http.Request{Method: purgeMethod, URL: &at, Host: r.Host, Header: http.Header{}}).WithContext(ctx)
	out.Header.Set(relayHeader, "1")
	for _, name := range [...]string{"Authorization", allVersionsHeader} {
		if values := r.Header[name]; len(values) > 0 {
			out.Header[name] = values
		}
	}
	if c, ok := trace.Of(ctx); ok {
		c.Inject(out.Header)
	}
	res, err := p.transport.RoundTrip(out)
	if err != nil {
		return Purged{}, fmt.Errorf("purge %s: %w", p.name, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, purgeBytes))
	if err != nil {
		return Purged{}, fmt.Errorf("purge %s: %w", p.name, err)
	}
	if res.StatusCode != http.StatusOK {
		return Purged{}, fmt.Errorf("purge %s: status %d", p.name, res.StatusCode)
	}
	var purged Purged
	if err := json.Unmarshal(text, &purged); err != nil {
		return Purged{}, fmt.Errorf("purge %s: %w", p.name, err)
	}
	if len(purged.Edges) == 0 {
		return Purged{}, fmt.Errorf("purge %s: %w", p.name, errors.New("it names no edge"))
	}
	return purged, nil
}
