package ledger

import (
	"iter"
	"strconv"
	"strings"
	"sync"

	"rung/bench"
)

// MaxWrites is how many writes a Ledger holds. An audit of a full ledger is
// not checked.
const MaxWrites = 16_000_000

// Ledger is safe for concurrent use. A write costs some 20 to 40 bytes if its
// key ends in "-<number>", as those of bench/traffic do, and the key's length
// more if not.
type Ledger struct {
	mu sync.Mutex
	// numbered are the entries of keys "<prefix>-<number>".
	numbered map[string]map[uint64]entry
	named    map[string]entry
	size     int
	full     bool
	// audits counts audits; marks of earlier ones are void.
	audits uint32
	// auditing lets one audit run at a time.
	auditing sync.Mutex
}

// entry is what is known of a write.
type entry struct {
	// seen is the last audit that found it in the store.
	seen         uint32
	acknowledged bool
}

// New makes an empty ledger.
func New() *Ledger {
	return &Ledger{numbered: map[string]map[uint64]entry{}, named: map[string]entry{}}
}

// Attempt notes that a write of that key was sent. Doing so twice, or after
// its Acknowledge, changes nothing.
func (l *Ledger) Attempt(key string) { l.note(key, false) }

// Acknowledge notes that the store promised to keep the write.
func (l *Ledger) Acknowledge(key string) { l.note(key, true) }

func (l *Ledger) note(key string, acknowledged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, known := l.get(key)
	if !known {
		if l.size >= MaxWrites {
			l.full = true
			return
		}
		l.size++
	}
	e.acknowledged = e.acknowledged || acknowledged
	l.put(key, e)
}

func (l *Ledger) get(key string) (entry, bool) {
	if prefix, n, ok := split(key); ok {
		e, known := l.numbered[prefix][n]
		return e, known
	}
	e, known := l.named[key]
	return e, known
}

func (l *Ledger) put(key string, e entry) {
	prefix, n, ok := split(key)
	if !ok {
		l.named[key] = e
		return
	}
	if l.numbered[prefix] == nil {
		l.numbered[strings.Clone(prefix)] = map[uint64]entry{}
	}
	l.numbered[prefix][n] = e
}

// split takes a key "<prefix>-<number>" apart. A number in another form than
// its shortest ("007", "+7") is not one, so that two keys never become one.
func split(key string) (prefix string, n uint64, ok bool) {
	cut := strings.LastIndexByte(key, '-')
	if cut < 0 {
		return "", 0, false
	}
	digits := key[cut+1:]
	if digits == "" || digits[0] == '+' || digits[0] == '0' && len(digits) > 1 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return key[:cut], n, err == nil
}

// Audit compares the ledger with the keys that a store holds. Keys may come
// twice, which is counted, and in any order; those that the ledger does not know are of other
// runs and are passed over. An error among them makes the audit unchecked.
// Run it when all writes have ended: one that is acknowledged while the store
// is being read may count as lost.
func (l *Ledger) Audit(present iter.Seq2[string, error]) bench.Audit {
	l.auditing.Lock()
	defer l.auditing.Unlock()
	l.mu.Lock()
	l.audits++
	audit, twice := l.audits, uint64(0)
	l.mu.Unlock()
	for key, err := range present {
		if err != nil {
			a := l.count(audit)
			a.Lost, a.Unacknowledged, a.Checked, a.Why = 0, 0, false, err.Error()
			return a
		}
		key, _, _ = strings.Cut(key, Delivery)
		if l.mark(key, audit) {
			twice++
		}
	}
	a := l.count(audit)
	if a.Checked {
		a.Duplicated = twice
	}
	return a
}

// Delivery separates a key from the number of the delivery that stored it,
// where every delivery of one message leaves a row of its own.
const Delivery = "#"

// mark notes that a write is there, and reports whether it was before.
func (l *Ledger) mark(key string, audit uint32) (again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, known := l.get(key)
	if !known {
		return false
	}
	again = e.seen == audit
	e.seen = audit
	l.put(key, e)
	return again
}

func (l *Ledger) count(audit uint32) bench.Audit {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := bench.Audit{Attempted: uint64(l.size), Checked: true}
	add := func(e entry) {
		there := e.seen == audit
		switch {
		case e.acknowledged:
			a.Acknowledged++
			if !there {
				a.Lost++
			}
		case there:
			a.Unacknowledged++
		}
	}
	for _, entries := range l.numbered {
		for _, e := range entries {
			add(e)
		}
	}
	for _, e := range l.named {
		add(e)
	}
	if l.full {
		a.Checked, a.Why = false, "the ledger is full: it holds "+strconv.Itoa(MaxWrites)+" writes"
		a.Lost, a.Unacknowledged = 0, 0
	}
	return a
}
