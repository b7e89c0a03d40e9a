package web

import (
	"context"
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

// listing is one page of the audit listing. An empty Next is the end.
type listing struct {
	IDs  []string `json:"ids"`
	Next string   `json:"next"`
}

// lister reads a page of ids, as store.Store's Posts and Photos do.
type lister func(ctx context.Context, cursor string, limit int) (ids []string, next string, err error)

// listPosts answers GET /posts.
func (s *Server) listPosts(x *exchange, _ *endpoint, _ string) { s.list(x, s.store.Posts) }

// listPhotos answers GET /photos.
func (s *Server) listPhotos(x *exchange, _ *endpoint, _ string) { s.list(x, s.store.Photos) }

// list is how a ledger finds out what is stored, not something that users do,
// so it is charged no CPU time.
func (s *Server) list(x *exchange, read lister) {
	cursor, limit, err := parseAudit(x.r.URL.RawQuery)
	if err != nil {
		s.reject(x, err)
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	start := s.now()
	ids, next, err := read(ctx, cursor, limit)
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
