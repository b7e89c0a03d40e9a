package web

import (
	"errors"
	"net/http"
	"time"

	"rung/targets/session"
	"rung/targets/store"
)

// cookieName is the name of the session cookie.
const cookieName = "rung_session"

// unauthorized tells clients how to log in, in the form of the expired draft
// draft-broyer-http-cookie-auth: RFC 9110 wants a challenge with every 401
// and registers none for cookies.
var unauthorized = []string{`Cookie realm="rung", form-action="/login", cookie-name="` + cookieName + `"`}

type loggedIn struct {
	User    int64     `json:"user"`
	Expires time.Time `json:"expires_at"`
}

type me struct {
	User  int64     `json:"user"`
	Login time.Time `json:"login_at"`
}

// login answers POST /login. The application has no passwords: any user id
// logs in.
func (s *Server) login(x *exchange, e *endpoint, _ string) {
	var body struct {
		User int64 `json:"user"`
	}
	err := x.decode(&body)
	if err == nil {
		err = checkUser(body.User)
	}
	if err != nil {
		s.reject(x, err)
		return
	}
	x.user = body.User
	if !s.charge(x, e) {
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	id, made, timing, err := s.sessions.Create(ctx, body.User)
	if !s.kept(x, timing, err) {
		return
	}
	s.counters.logins.Add(1)
	s.seen(made.User)
	s.counters.cookieBytes.Store(int64(len(id)))
	// Max-Age counts in whole seconds; the server's own time is exact.
	left := made.Expires.Sub(s.now()) + time.Second - 1
	http.SetCookie(x.w, &http.Cookie{
		Name: cookieName, Value: id, Path: "/", MaxAge: int(left / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	x.w.Header()["Cache-Control"] = noStore
	x.reply(http.StatusOK, &loggedIn{made.User, made.Expires.UTC()})
}

// getMe answers GET /me.
func (s *Server) getMe(x *exchange, e *endpoint, _ string) {
	if !s.charge(x, e) {
		return
	}
	x.w.Header()["Cache-Control"] = noStore
	cookie, err := x.r.Cookie(cookieName)
	if err != nil {
		s.unauthorized(x)
		return
	}
	ctx, cancel := s.deadline(x)
	defer cancel()
	found, timing, err := s.sessions.Get(ctx, cookie.Value)
	if errors.Is(err, session.ErrNone) {
		x.timing.Session = timing
		if timing != (store.Timing{}) { // else it was not asked
			s.sessionsUp()
		}
		s.unauthorized(x)
		return
	}
	if !s.kept(x, timing, err) {
		return
	}
	x.user = found.User
	s.seen(found.User)
	x.reply(http.StatusOK, &me{found.User, found.Login.UTC()})
}

func (s *Server) unauthorized(x *exchange) {
	s.counters.unauthorized.Add(1)
	x.w.Header()["Www-Authenticate"] = unauthorized
	x.problem(http.StatusUnauthorized, problem{Error: "no valid session"})
}
