package web

import (
	"net/http"
	"time"
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
	if !s.charge(x, e) {
		return
	}
	id, expires := s.sessions.Create(body.User)
	// Max-Age counts in whole seconds; the server's own time is exact.
	left := expires.Sub(s.now()) + time.Second - 1
	http.SetCookie(x.w, &http.Cookie{
		Name: cookieName, Value: id, Path: "/", MaxAge: int(left / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	x.w.Header()["Cache-Control"] = noStore
	x.reply(http.StatusOK, &loggedIn{body.User, expires.UTC()})
}

// getMe answers GET /me.
func (s *Server) getMe(x *exchange, e *endpoint, _ string) {
	if !s.charge(x, e) {
		return
	}
	x.w.Header()["Cache-Control"] = noStore
	cookie, err := x.r.Cookie(cookieName)
	if err == nil {
		if found, ok := s.sessions.Get(cookie.Value); ok {
			x.reply(http.StatusOK, &me{found.User, found.Login.UTC()})
			return
		}
	}
	s.counters.unauthorized.Add(1)
	x.w.Header()["Www-Authenticate"] = unauthorized
	x.problem(http.StatusUnauthorized, problem{Error: "no valid session"})
}
