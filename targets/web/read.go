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
	x.reply(http.StatusOK, &orders)
}
