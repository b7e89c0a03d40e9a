package web

import (
	"net/http"

	"rung/targets/store"
)

// created acknowledges a durable row.
type created struct {
	ID string `json:"id"`
}

// addPost answers POST /posts. A post that is there already is acknowledged
// again.
func (s *Server) addPost(x *exchange, e *endpoint, _ string) {
	var p store.Post
	if err := x.decodePost(&p); err != nil {
		s.reject(x, err)
		return
	}
	x.user = p.User
	if !s.charge(x, e) {
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	timing, err := s.store.AddPost(ctx, p)
	if !s.answered(x, timing, err) {
		return
	}
	s.counters.posts.Add(1)
	s.seen(p.User)
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
