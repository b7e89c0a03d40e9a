package balancer

import "net/http"

// cookieName is the cookie that keeps a client at its server.
const cookieName = "rung_server"

// tokenLength is the length of a server's token, in hexadecimal digits.
const tokenLength = 16

// presented returns the first well-formed token that the request's cookies
// carry, or "". Whether it names a server is for the fleet to say.
func presented(r *http.Request) string {
	for _, c := range r.CookiesNamed(cookieName) {
		if wellFormed(c.Value) {
			return c.Value
		}
	}
	return ""
}

func wellFormed(token string) bool {
	if len(token) != tokenLength {
		return false
	}
	for i := range len(token) {
		c := token[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// stick makes the session cookie that names a backend.
func stick(b *backend, secure bool) *http.Cookie {
	return &http.Cookie{
		Name:     cookieName,
		Value:    b.token,
		Path:     "/",
		HttpOnly: true,
		Secure:   secure,
		SameSite: http.SameSiteLaxMode,
	}
}
