package dns

import (
	"iter"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// memory is all that a resolver has learned, and the questions it is working
// on. A flush replaces it as a whole: work that began before goes on into the
// old one and leaves nothing behind in the new.
type memory struct {
	answers     *cache[answer]
	delegations *cache[*delegation]
	// failures are apart from the answers: they are no reason to forget one.
	failures *cache[answer]
	flights  *flights[reached]
	scopes   scopes
}

func newMemory(most int, running *sync.WaitGroup) *memory {
	m := &memory{
		answers:     newCache[answer](most),
		delegations: newCache[*delegation](most),
		failures:    newCache[answer](most),
		flights:     newFlights[reached](running),
	}
	m.answers.linger = maxStale
	return m
}

// answer returns a kept answer that the client of the question may get, its
// TTLs counted down: a good one, or else a stale one that is held or that is
// better than a failure of a moment ago, or that failure.
func (m *memory) answer(q question, now time.Time) (answer, bool) {
	if known, ok := m.good(q, now); ok {
		return known, true
	}
	if old, ok := m.held(q, now); ok {
		return old, true
	}
	failed, ok := m.failure(q, now)
	if !ok {
		return answer{}, false
	}
	if old, ok := m.resort(q, now); ok {
		return old, true
	}
	return failed, true
}

// good returns a kept answer whose TTL has not ended.
func (m *memory) good(q question, now time.Time) (answer, bool) {
	for key := range m.keys(q) {
		if k, ok := m.answers.get(key, now); ok {
			return k.value.after(age(k.since, now)), true
		}
	}
	return answer{}, false
}

// failure returns the failure of a question a moment ago, if it failed. It is
// everyone's: the servers do not answer.
func (m *memory) failure(q question, now time.Time) (answer, bool) {
	k, ok := m.failures.get(q.key(), now)
	return k.value, ok
}

// fail remembers that a question failed.
func (m *memory) fail(q question, now time.Time) answer {
	failed := answer{rcode: dns.RcodeServerFailure, ttl: failureTTL}
	m.failures.put(q.key(), failed, now, ttlDuration(failureTTL))
	return failed
}

// keys are those under which an answer to a question may be kept, the most
// specific first; the last one is that of NXDOMAIN, for all types.
func (m *memory) keys(q question) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, to := range m.scopes.keys(q.subnet) {
			if !yield(q.key() + to) {
				return
			}
		}
		yield(question{name: q.name}.key())
	}
}

// keep remembers an answer. That a name does not exist is true for all types
// (RFC 2308, section 5), unless the name is an alias.
func (m *memory) keep(q question, a answer, now time.Time) {
	if a.rcode == dns.RcodeNameError && len(a.records) == 0 {
		q.qtype = 0
	}
	m.scopes.note(a.to)
	m.answers.put(q.key()+a.to.key(), a, now, ttlDuration(a.ttl))
}

func (m *memory) len() int { return m.answers.len() + m.delegations.len() + m.failures.len() }
