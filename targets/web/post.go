package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rung/targets/store"
)

// auditLimit is the most ids in one page of the audit listing, and the
// number when none is asked for.
const auditLimit = 1000

// created acknowledges a durable row.
type created struct {
	ID string `json:"id"`
}

// listing is one page of the audit listing. An empty Next is the end.
type listing struct {
	IDs  []string `json:"ids"`
	Next string   `json:"next"`
}

// addPost answers POST /posts. A post that is there already is acknowledged
// again.
func (s *Server) addPost(x *exchange, e *endpoint, _ string) {
	var p store.Post
	if err := x.decodePost(&p); err != nil {
		s.reject(x, err)
		return
	}
	if !s.charge(x, e) {
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	timing, err := s.store.AddPost(ctx, p)
	if !s.answered(x, timing, err) {
		return
	}
	x.reply(http.StatusCreated, &created{p.ID})
}

func (x *exchange) decodePost(p *store.Post) error {
	if err := x.decode(p); err != nil {
		return err
	}
	if err := checkID(p.ID); err != nil {
		return err
	}
	if err := checkUser(p.User); err != nil {
		return err
	}
	return checkText(p.Text)
}

// addPhoto answers POST /photos: the slow job runs while the client waits.
func (s *Server) addPhoto(x *exchange, e *endpoint, _ string) {
	id, user, err := x.decodePhoto()
	if err != nil {
		s.reject(x, err)
		return
	}
	if !s.charge(x, e) {
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	timing, err := s.store.AddPhoto(ctx, store.Post{ID: id, User: user})
	if !s.answered(x, timing, err) {
		return
	}
	x.reply(http.StatusCreated, &created{id})
}

func (x *exchange) decodePhoto() (id string, user int64, err error) {
	var p struct {
		ID   string `json:"id"`
		User int64  `json:"user"`
	}
	if err := x.decode(&p); err != nil {
		return "", 0, err
	}
	if err := checkID(p.ID); err != nil {
		return "", 0, err
	}
	return p.ID, p.User, checkUser(p.User)
}

// listPosts answers GET /posts. It is how a ledger finds out what is stored,
// not something that users do, so it is charged no CPU time.
func (s *Server) listPosts(x *exchange, _ *endpoint, _ string) {
	cursor, limit, err := parseAudit(x.r.URL.RawQuery)
	if err != nil {
		s.reject(x, err)
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	start := s.now()
	ids, next, err := s.store.Posts(ctx, cursor, limit)
	if !s.answered(x, store.Timing{Total: s.now().Sub(start)}, err) {
		return
	}
	if ids == nil {
		ids = []string{} // "[]", not "null"
	}
	x.reply(http.StatusOK, &listing{ids, next})
}

func parseAudit(query string) (cursor string, limit int, err error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", 0, fmt.Errorf("query: %w", err)
	}
	cursor, limit = values.Get("cursor"), auditLimit
	if len(cursor) > cursorBytes || strings.IndexByte(cursor, 0) >= 0 {
		return "", 0, invalid{"cursor", shown(cursor), cursorAllowed}
	}
	if text := values.Get("limit"); text != "" {
		limit, err = strconv.Atoi(text)
		if err != nil || limit < 1 || limit > auditLimit {
			return "", 0, invalid{"limit", shown(text), limitAllowed}
		}
	}
	return cursor, limit, nil
}
