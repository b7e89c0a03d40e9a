package web

import (
	"net/http"
	"strings"
	"sync/atomic"

	"rung/targets"
)

// endpoint is one method of one resource.
type endpoint struct {
	// name in metrics.
	name string
	// operation tells what users do from audits and health checks.
	operation bool
	law       targets.Law
	requests  atomic.Int64
	durations durations
	// handle answers; key is the variable part of the path.
	handle func(x *exchange, e *endpoint, key string)
}

// resource is what a path names. A nil endpoint is a method it does not have.
type resource struct {
	get, post, put *endpoint
	allow          []string
}

func newResource(get, post, put *endpoint) *resource {
	var allow []string
	for _, m := range []struct {
		name string
		e    *endpoint
	}{{"GET, HEAD", get}, {"POST", post}, {"PUT", put}} {
		if m.e != nil {
			allow = append(allow, m.name)
		}
	}
	return &resource{get, post, put, []string{strings.Join(allow, ", ")}}
}

// endpoint returns the one for the method, or nil.
func (r *resource) endpoint(method string) *endpoint {
	switch method {
	case http.MethodGet, http.MethodHead:
		return r.get
	case http.MethodPost:
		return r.post
	case http.MethodPut:
		return r.put
	}
	return nil
}

// routes are the resources of the application.
type routes struct {
	user, following, orders, asset, posts, login, me, photos, health *resource
	// all endpoints, for metrics.
	all []*endpoint
}

func (s *Server) newRoutes(demand map[targets.Operation]targets.Law) routes {
	var t routes
	add := func(name string, law targets.Law, handle func(*exchange, *endpoint, string)) *endpoint {
		e := &endpoint{name: name, law: law, handle: handle}
		t.all = append(t.all, e)
		return e
	}
	// An operation without a law is charged the zero law.
	op := func(op targets.Operation, handle func(*exchange, *endpoint, string)) *endpoint {
		e := add(string(op), demand[op], handle)
		e.operation = true
		return e
	}
	t.user = newResource(op(targets.OpUser, s.getUser), nil, op(targets.OpEdit, s.edit))
	t.orders = newResource(op(targets.OpOrders, s.getOrders), nil, nil)
	t.asset = newResource(op(targets.OpAsset, s.getAsset), nil, nil)
	t.posts = newResource(add("audit", targets.Law{}, s.listPosts), op(targets.OpPost, s.addPost), nil)
	t.login = newResource(nil, op(targets.OpLogin, s.login), nil)
	t.me = newResource(op(targets.OpMe, s.getMe), nil, nil)
	photo := op(targets.OpPhoto, s.addPhoto)
	if s.enqueue != nil {
		photo.law = demand[targets.OpPost] // the job itself is the worker's
	}
	t.photos = newResource(add("audit_photos", targets.Law{}, s.listPhotos), photo, nil)
	t.following = newResource(op(targets.OpFollowing, s.getFollowing), nil, nil)
	t.health = newResource(add("health", targets.Law{}, s.getHealth), nil, nil)
	return t
}

// find returns the resource that a path names and the variable part of the
// path, or nil. It allocates nothing and never redirects, which is why it
// stands here in place of a http.ServeMux.
func (t *routes) find(path string) (r *resource, key string) {
	switch path {
	case "/posts":
		return t.posts, ""
	case "/login":
		return t.login, ""
	case "/me":
		return t.me, ""
	case "/photos":
		return t.photos, ""
	case "/healthz":
		return t.health, ""
	case "/assets":
		return t.asset, ""
	}
	if rest, ok := strings.CutPrefix(path, "/users/"); ok {
		if isSegment(rest) {
			return t.user, rest
		}
		if key, ok := strings.CutSuffix(rest, "/following"); ok && isSegment(key) {
			return t.following, key
		}
		return nil, ""
	}
	if key, ok := strings.CutPrefix(path, "/assets/"); ok && isSegment(key) {
		return t.asset, key
	}
	if rest, ok := strings.CutPrefix(path, "/customers/"); ok {
		if key, ok := strings.CutSuffix(rest, "/orders"); ok && isSegment(key) {
			return t.orders, key
		}
	}
	return nil, ""
}

func isSegment(s string) bool { return s != "" && strings.IndexByte(s, '/') < 0 }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := s.begin(w, r)
	defer s.end(x)
	res, key := s.routes.find(r.URL.Path)
	if res == nil {
		s.counters.invalid.Add(1)
		x.problem(http.StatusNotFound, problem{Error: "no such path"})
		return
	}
	e := res.endpoint(r.Method)
	if e == nil {
		s.counters.invalid.Add(1)
		w.Header()["Allow"] = res.allow
		x.problem(http.StatusMethodNotAllowed,
			problem{Error: "no such method here", Field: "method", Allowed: res.allow[0]})
		return
	}
	e.requests.Add(1)
	e.handle(x, e, key)
	if e.operation {
		s.record(x, e)
	}
}
