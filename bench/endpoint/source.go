package endpoint

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync/atomic"

	"rung/bench"
)

// mission is a target that is ready to be sent.
type mission struct {
	target  Target
	url     *url.URL
	place   place
	request bench.Request
	// until is the sum of the weights up to and with this one.
	until float64
}

// source picks targets by weight, by the number of the request and a seed
// alone. It is safe for concurrent use.
type source struct {
	missions []mission
	names    []string
	seed     uint64
	total    float64
	// started counts the requests that were asked for.
	started *atomic.Uint64
}

// defaults are what a target has that does not say otherwise.
type defaults struct {
	header http.Header
	body   []byte
	close  bool
}

// userAgent says who asks, unless a target says something else.
const userAgent = "rung"

func newSource(targets []Target, d defaults, seed uint64) (*source, error) {
	switch {
	case len(targets) == 0:
		return nil, fmt.Errorf("%w: no target", ErrConfig)
	case len(targets) > MaxTargets:
		return nil, fmt.Errorf("%w: %d targets: allowed are up to %d", ErrConfig, len(targets), MaxTargets)
	}
	if err := checkHeader(d.header); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	s := &source{seed: mix(seed), started: new(atomic.Uint64)}
	for i, t := range targets {
		m, err := newMission(t, d)
		if err != nil {
			return nil, fmt.Errorf("%w: target %d: %w", ErrConfig, i+1, err)
		}
		s.total += t.weight()
		m.until = s.total
		s.missions = append(s.missions, m)
	}
	names, of, err := operations(s.missions)
	if err != nil {
		return nil, err
	}
	s.names = names
	for i := range s.missions {
		s.missions[i].request.Operation = of[i]
	}
	return s, nil
}

func newMission(t Target, d defaults) (mission, error) {
	u, err := t.check()
	if err != nil {
		return mission{}, err
	}
	header := http.Header{"User-Agent": {userAgent}}
	for _, from := range []http.Header{d.header, t.Header} {
		for key, values := range from {
			remove(header, key) // whatever its case
			header[key] = values
		}
	}
	if user := u.User; user != nil && !has(header, "Authorization") {
		password, _ := user.Password()
		r := http.Request{Header: header}
		r.SetBasicAuth(user.Username(), password)
	}
	if d.close {
		remove(header, "Connection")
		header["Connection"] = []string{"close"}
	}
	m := mission{target: t, url: u, place: place{scheme: u.Scheme, host: strings.ToLower(u.Host)}}
	if asked := remove(header, "Host"); len(asked) > 0 {
		m.place.asked = asked[0]
	}
	body := t.Body
	if len(body) == 0 {
		body = d.body
	}
	m.request = bench.Request{Method: t.method(), Path: u.RequestURI(), Header: header, Body: body}
	return m, nil
}

// remove takes a header out, whatever its case, and returns its values.
func remove(h http.Header, name string) (values []string) {
	for key := range maps.Clone(h) {
		if strings.EqualFold(key, name) {
			values = h[key]
			delete(h, key)
		}
	}
	return values
}

func has(h http.Header, name string) bool {
	for key := range h {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

// again is the same source with other choices and a count of its own.
func (s *source) again(seed uint64) *source {
	out := *s
	out.seed, out.started = mix(seed), new(atomic.Uint64)
	return &out
}

// pick is the index of request n's target: a hash of n and the seed is uniform
// over the summed weights.
func (s *source) pick(n uint64) int {
	if len(s.missions) == 1 {
		return 0
	}
	u := float64(mix(s.seed+n*0x9e3779b97f4a7c15)>>11) / (1 << 53) * s.total // in [0, total)
	return min(sort.Search(len(s.missions), func(i int) bool { return s.missions[i].until > u }), len(s.missions)-1)
}

// mix is the output function of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Operations implements bench.Source.
func (s *source) Operations() []string { return s.names }

// Request implements bench.Source. The header and the body are shared.
func (s *source) Request(n uint64) bench.Request {
	s.started.Add(1)
	return s.missions[s.pick(n)].request
}

// Observe implements bench.Source.
func (s *source) Observe(uint64, bench.Request, int, http.Header) {}

// operation of request n.
func (s *source) operation(n uint64) int { return s.missions[s.pick(n)].request.Operation }

// places are the hosts of the operations, by their index.
func (s *source) places() []place {
	out := make([]place, len(s.names))
	for _, m := range s.missions {
		out[m.request.Operation] = m.place
	}
	return out
}

// listed are the operations for a reader: the first target of each, and how
// many others it stands for.
func (s *source) listed() []bench.EndpointTarget {
	out := make([]bench.EndpointTarget, len(s.names))
	others := make([]int, len(s.names))
	for _, m := range s.missions {
		one := &out[m.request.Operation]
		one.Weight += m.target.weight()
		one.BodyBytes = max(one.BodyBytes, len(m.request.Body))
		shown := clean(m.url)
		switch {
		case one.Name == "":
			one.Name, one.Method, one.URL = s.names[m.request.Operation], m.request.Method, shown
		case one.URL != shown:
			others[m.request.Operation]++
		}
	}
	for i, n := range others {
		if n > 0 {
			out[i].URL += fmt.Sprintf(" and %d more", n)
		}
	}
	return out
}

// clean is a URL without user and password.
func clean(u *url.URL) string {
	public := *u
	public.User, public.Fragment, public.RawFragment = nil, "", ""
	return public.String()
}

// CheckTargets says whether targets can be attacked, as far as that can be
// told without their hosts. Its errors wrap ErrConfig and count targets from
// 1 on.
func CheckTargets(targets []Target) error {
	_, err := newSource(targets, defaults{}, 0)
	return err
}
