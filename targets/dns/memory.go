package dns

import (
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
	flights     *flights[reached]
	scopes      scopes
}

func newMemory(most int, running *sync.WaitGroup) *memory {
	return &memory{
		answers:     newCache[answer](most),
		delegations: newCache[*delegation](most),
		flights:     newFlights[reached](running),
	}
}

// answer returns a kept answer that the client of the question may get, its
// TTLs counted down.
func (m *memory) answer(q question, now time.Time) (answer, bool) {
	for _, to := range m.scopes.keys(q.subnet) {
		if k, ok := m.answers.get(q.key()+to, now); ok {
			return k.value.after(age(k.since, now)), true
		}
	}
	if k, ok := m.answers.get(question{name: q.name}.key(), now); ok {
		return k.value.after(age(k.since, now)), true
	}
	return answer{}, false
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

func (m *memory) len() int { return m.answers.len() + m.delegations.len() }
