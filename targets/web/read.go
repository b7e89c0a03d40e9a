package web

import (
	"net/http"

	"rung/targets/store"
)

// getUser answers GET /users/{id}.
func (s *Server) getUser(x *exchange, e *endpoint, key string) {
	id, err := parseUser("id", key)
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
	user, timing, err := s.store.User(ctx, id)
	if !s.answered(x, timing, err) {
		return
	}
	x.reply(http.StatusOK, &user)
}

// getOrders answers GET /customers/{id}/orders.
func (s *Server) getOrders(x *exchange, e *endpoint, key string) {
	id, err := parseUser("id", key)
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
	orders, timing, err := s.store.Orders(ctx, id)
	if !s.answered(x, timing, err) {
		return
	}
	if orders == nil {
		orders = []store.Order{} // "[]", not "null"
	}
	s.counters.ordersViewed.Add(1)
	x.reply(http.StatusOK, &orders)
}

// followed is a user as those who follow them see them.
type followed struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	City string `json:"city"`
}

type following struct {
	Following []followed `json:"following"`
}

// getFollowing answers GET /users/{id}/following.
func (s *Server) getFollowing(x *exchange, e *endpoint, key string) {
	id, err := parseUser("id", key)
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
	users, timing, err := s.store.Following(ctx, id)
	if !s.answered(x, timing, err) {
		return
	}
	list := make([]followed, len(users)) // "[]" of none, not "null"
	for i, u := range users {
		list[i] = followed{u.ID, u.Name, u.City}
	}
	x.reply(http.StatusOK, &following{list})
}
