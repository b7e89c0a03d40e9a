package web

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	cityBytes   = 64
	cityAllowed = "1 to 64 bytes of UTF-8 without control characters"
)

// edited acknowledges a durable change.
type edited struct {
	ID   int64  `json:"id"`
	City string `json:"city"`
}

// edit answers PUT /users/{id}: the user moves to another city.
func (s *Server) edit(x *exchange, e *endpoint, key string) {
	var body struct {
		City string `json:"city"`
	}
	id, err := parseUser("id", key)
	if err == nil {
		err = x.decode(&body)
	}
	if err == nil {
		err = checkCity(body.City)
	}
	if err != nil {
		s.reject(x, err)
		return
	}
	x.user = id
	if !s.charge(x, e) {
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	timing, err := s.store.SetCity(ctx, id, body.City)
	if !s.answered(x, timing, err) {
		return
	}
	s.seen(id)
	x.reply(http.StatusOK, &edited{id, body.City})
}

// checkCity looks at a decoded text. There the decoder has put U+FFFD in place
// of what was no UTF-8, and of halves of surrogate pairs: it is refused.
func checkCity(city string) error {
	switch {
	case city == "" || len(city) > cityBytes:
		return invalid{"city", fmt.Sprintf("%d bytes long", len(city)), cityAllowed}
	case strings.ContainsFunc(city, func(c rune) bool { return c == utf8.RuneError || unicode.IsControl(c) }):
		return invalid{"city", shown(city), cityAllowed}
	}
	return nil
}
