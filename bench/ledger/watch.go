package ledger

import (
	"net/http"
	"slices"

	"rung/bench"
)

// Watch returns the source with its writes noted: each with a Key is attempted
// when something is observed of it, be it that no answer came, and
// acknowledged when the answer was 2xx. With operations named, only theirs:
// an audit that reads posts must not miss photos.
func (l *Ledger) Watch(source bench.Source, operations ...string) bench.Source {
	w := &watched{Source: source, ledger: l}
	for _, name := range source.Operations() {
		w.noted = append(w.noted, len(operations) == 0 || slices.Contains(operations, name))
	}
	return w
}

type watched struct {
	bench.Source
	ledger *Ledger
	// noted says of each operation whether its writes are.
	noted []bool
}

func (w *watched) Observe(n uint64, r bench.Request, code int, header http.Header) {
	if r.Key != "" && w.noted[r.Operation] {
		if code >= 200 && code < 300 {
			w.ledger.Acknowledge(r.Key)
		} else {
			w.ledger.Attempt(r.Key)
		}
	}
	w.Source.Observe(n, r, code, header)
}
