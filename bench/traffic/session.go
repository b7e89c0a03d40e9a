package traffic

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// sessions are the cookie jars of the virtual users, one slot each. A nil
// slot is a user who is not logged in. Safe for concurrent use.
type sessions []atomic.Pointer[jar]

// jar holds a user's cookies. It is never changed, only replaced.
type jar struct {
	names, values []string
	// header is the request header that carries them, shared by requests.
	header http.Header
}

// maxCookies bounds a jar. RFC 6265 asks user agents for 50 per domain.
const maxCookies = 50

// with returns the jar after an answer: its Set-Cookie lines replace cookies
// of the same name, and those with a Max-Age below zero remove them. Paths,
// domains and expiry dates are not looked at: there is one site, and an
// attack is short. Nil stands for an empty jar.
func (j *jar) with(header http.Header) *jar {
	next := &jar{}
	if j != nil {
		next.names = append(next.names, j.names...)
		next.values = append(next.values, j.values...)
	}
	for _, line := range header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			continue // a user agent ignores what it cannot read
		}
		next.set(c)
	}
	if len(next.names) == 0 {
		return nil
	}
	var b strings.Builder
	for i, name := range next.names {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(name + "=" + next.values[i])
	}
	next.header = http.Header{"Cookie": {b.String()}}
	return next
}

func (j *jar) set(c *http.Cookie) {
	for i, name := range j.names {
		if name == c.Name {
			j.names = append(j.names[:i], j.names[i+1:]...)
			j.values = append(j.values[:i], j.values[i+1:]...)
			break
		}
	}
	if c.MaxAge < 0 || len(j.names) == maxCookies {
		return
	}
	j.names, j.values = append(j.names, c.Name), append(j.values, c.Value)
}

// sent says whether a request carried this jar.
func (j *jar) sent(header http.Header) bool {
	got := header["Cookie"]
	return j != nil && len(got) == 1 && got[0] == j.header["Cookie"][0]
}
