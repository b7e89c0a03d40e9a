package web

import (
	"context"
	"net/http"
	"time"

	"rung/targets/store"
)

// queued acknowledges a job that a queue holds.
type queued struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// addPhoto answers POST /photos: the slow job runs while the client waits, or
// goes into a queue when there is one.
func (s *Server) addPhoto(x *exchange, e *endpoint, _ string) {
	id, user, err := x.decodePhoto()
	if err != nil {
		s.reject(x, err)
		return
	}
	x.user = user
	if !s.charge(x, e) {
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	if s.enqueue != nil {
		s.enqueuePhoto(ctx, x, id, user)
		return
	}
	timing, err := s.store.AddPhoto(ctx, store.Post{ID: id, User: user})
	if !s.answered(x, timing, err) {
		return
	}
	s.counters.photos.Add(1)
	s.seen(user)
	x.reply(http.StatusCreated, &created{id})
}

func (s *Server) enqueuePhoto(ctx context.Context, x *exchange, id string, user int64) {
	took, err := s.enqueue(ctx, id, user)
	if !s.enqueued(x, took, err) {
		return
	}
	s.counters.photos.Add(1)
	s.seen(user)
	x.reply(http.StatusAccepted, &queued{id, "queued"})
}

// enqueued takes down what the queue took and how it ended. When it returns
// false the request has been answered. The job may be in the queue all the
// same: a client that sends it again uses the same id.
func (s *Server) enqueued(x *exchange, took time.Duration, err error) bool {
	x.timing.Queue, x.timing.Queued = took, true
	switch {
	case err == nil:
		if s.queueDown.Load() && s.queueDown.CompareAndSwap(true, false) {
			s.log.Info("the queue answers again")
		}
		return true
	case s.gone(x):
		return false
	}
	if s.queueDown.CompareAndSwap(false, true) {
		s.log.Error("the queue fails", "error", err)
	}
	if isTimeout(err) {
		s.counters.errors.Add(1)
		x.problem(http.StatusGatewayTimeout, problem{Error: "the queue did not answer in time"})
		return false
	}
	s.counters.queueErrors.Add(1)
	x.unavailable("the queue failed")
	return false
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
