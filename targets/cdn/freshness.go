package cdn

import (
	"net/http"
	"strings"
	"time"
)

// exchange times one question to the origin, for the arithmetic of ages.
type exchange struct{ asked, answered time.Time }

// defaults are what counts when an answer does not say.
type defaults struct{ ttl, staleIfError time.Duration }

// initialAge is corrected_initial_age of RFC 9111 4.2.3. Date has whole
// seconds, so the apparent age has too: it is taken between whole seconds, and
// only if the answer is dated before the second in which it was asked for.
// Otherwise it was made while we waited, and the delay of the response, which
// is added to Age anyhow, covers it; counting the part of a second that Date
// cuts off would make a lifetime of 1 s mean anything between 0 and 1 s.
func initialAge(header http.Header, x exchange) time.Duration {
	delay := max(0, x.answered.Sub(x.asked))
	first, _, _ := strings.Cut(header.Get("Age"), ",")
	corrected := seconds(strings.TrimSpace(first)) + delay
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil || date.Unix() >= x.asked.Unix() {
		return corrected
	}
	apparent := time.Duration(min(x.answered.Unix()-date.Unix(), longestDelta)) * time.Second
	return max(apparent, corrected)
}

// lifetime is the freshness lifetime of RFC 9111 4.2.1 as a shared cache has
// it, and whether the answer itself says so.
func lifetime(header http.Header, c control, x exchange, ttl time.Duration) (d time.Duration, explicit bool) {
	switch {
	case c.sMaxAge.set:
		return c.sMaxAge.d, true
	case c.maxAge.set:
		return c.maxAge.d, true
	case len(header["Expires"]) == 0:
		return ttl, false
	}
	expires, err := http.ParseTime(header.Get("Expires"))
	if err != nil { // "0" above all: it is over
		return 0, true
	}
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		date = x.answered
	}
	return min(max(0, expires.Sub(date)), longestDelta*time.Second), true
}

// age is current_age of RFC 9111 4.2.3.
func (e *entry) age(now time.Time) time.Duration {
	return e.initialAge + max(0, now.Sub(e.received))
}

// left is the rest of its freshness, below zero when it is stale.
func (e *entry) left(now time.Time) time.Duration { return e.lifetime - e.age(now) }

// Reasons why the origin is asked, in the words of RFC 9211 2.2.
const (
	fwdMiss    = "uri-miss"
	fwdVary    = "vary-miss"
	fwdStale   = "stale"
	fwdRequest = "request"
	fwdBypass  = "bypass"
	fwdMethod  = "method"
)

// judge says why the entry may not answer a request without the origin; the
// empty string means that it may.
func (e *entry) judge(now time.Time, ask control) string {
	age, left := e.age(now), e.left(now)
	switch {
	case ask.noCache:
		return fwdRequest
	case e.ask:
		return fwdStale
	case ask.maxAge.set && age > ask.maxAge.d:
		return fwdRequest
	case left <= 0: // fresh is lifetime > age
		if ask.maxStale.set && !e.forbidden && -left <= ask.maxStale.d {
			return ""
		}
		return fwdStale
	case ask.minFresh.set && left < ask.minFresh.d:
		return fwdRequest
	}
	return ""
}

// survives says whether the entry may answer although the origin failed.
func (e *entry) survives(now time.Time, ask control) bool {
	if e.forbidden || ask.noCache {
		return false
	}
	grace := e.grace
	if ask.staleIfError.set {
		grace = min(grace, ask.staleIfError.d)
	}
	return -e.left(now) <= grace
}
