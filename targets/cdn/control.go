package cdn

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestDelta caps delta-seconds, as RFC 9111 1.2.2 says.
const longestDelta = 1 << 31

// delta is a directive's argument in seconds, and whether it was there.
type delta struct {
	d   time.Duration
	set bool
}

// control is a Cache-Control header, of a request or of a response.
type control struct {
	maxAge, sMaxAge, minFresh, maxStale, staleIfError delta

	noCache, noStore, private, mustRevalidate, proxyRevalidate, onlyIfCached bool
}

// parseControl reads the Cache-Control lines of a header. Names are in any
// case, arguments may be quoted, unknown directives are ignored. Of a
// directive that is there several times the first counts. An argument that is
// no number makes a response stale at once (RFC 9111 4.2.1): it counts as 0.
func parseControl(lines []string) control {
	var c control
	for _, line := range lines {
		for line != "" {
			var directive string
			directive, line = nextDirective(line)
			name, argument, has := strings.Cut(directive, "=")
			c.set(strings.ToLower(strings.TrimSpace(name)), unquote(strings.TrimSpace(argument)), has)
		}
	}
	return c
}

// nextDirective cuts at the first comma outside quotes.
func nextDirective(line string) (directive, rest string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == '\\' && quoted:
			i++
		case line[i] == ',' && !quoted:
			return line[:i], line[i+1:]
		}
	}
	return line, ""
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

func (c *control) set(name, argument string, has bool) {
	switch name {
	case "max-age":
		c.maxAge.first(argument)
	case "s-maxage":
		c.sMaxAge.first(argument)
	case "min-fresh":
		c.minFresh.first(argument)
	case "stale-if-error":
		c.staleIfError.first(argument)
	case "max-stale":
		if !has { // any staleness
			argument = strconv.Itoa(longestDelta)
		}
		c.maxStale.first(argument)
	case "no-cache": // with field names too: the cautious reading
		c.noCache = true
	case "no-store":
		c.noStore = true
	case "private":
		c.private = true
	case "must-revalidate":
		c.mustRevalidate = true
	case "proxy-revalidate":
		c.proxyRevalidate = true
	case "only-if-cached":
		c.onlyIfCached = true
	}
}

// first takes the argument of the first occurrence.
func (d *delta) first(argument string) {
	if !d.set {
		*d = delta{d: seconds(argument), set: true}
	}
}

// seconds reads delta-seconds: digits only, capped; zero if it is none.
func seconds(s string) time.Duration {
	n := int64(0)
	for _, b := range []byte(s) {
		if b < '0' || b > '9' {
			return 0
		}
		n = min(n*10+int64(b-'0'), longestDelta)
	}
	return time.Duration(n) * time.Second
}

// requestControl is the Cache-Control of a request. Pragma: no-cache counts
// only without it (RFC 9111 5.4).
func requestControl(h http.Header) control {
	if lines := h["Cache-Control"]; len(lines) > 0 {
		return parseControl(lines)
	}
	for _, line := range h["Pragma"] {
		if strings.Contains(strings.ToLower(line), "no-cache") {
			return control{noCache: true}
		}
	}
	return control{}
}
