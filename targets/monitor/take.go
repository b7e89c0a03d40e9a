package monitor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rung/targets/machine"
)

const (
	// batchBytes bounds a batch.
	batchBytes = 1 << 20
	// senderBytes bounds the name of a sender, and of a node.
	senderBytes = 128
)

// origin is who sends a batch.
type origin struct {
	node, sender string
	batch        uint64
	dropped      int64
}

func parseOrigin(query url.Values) (origin, error) {
	// Copies: these may be kept, and are parts of the whole address.
	o := origin{node: strings.Clone(query.Get("node")), sender: strings.Clone(query.Get("sender"))}
	if len(o.node) > senderBytes || len(o.sender) > senderBytes {
		return origin{}, fmt.Errorf("node and sender have at most %d bytes", senderBytes)
	}
	var err error
	if s := query.Get("batch"); s != "" {
		if o.batch, err = strconv.ParseUint(s, 10, 64); err != nil {
			return origin{}, fmt.Errorf("batch %q is not a number", s)
		}
	}
	if s := query.Get("dropped"); s != "" {
		if o.dropped, err = strconv.ParseInt(s, 10, 64); err != nil {
			return origin{}, fmt.Errorf("dropped %q is not a number", s)
		}
	}
	return o, nil
}

// receipt is the answer to a batch.
type receipt struct {
	Kept    int64 `json:"kept"`
	Invalid int64 `json:"invalid"`
	// Duplicate says that the batch was here before; nothing was kept.
	Duplicate bool `json:"duplicate"`
}

// take answers POST /logs. A batch is taken whole, after it was read whole.
func (s *Server) take(w http.ResponseWriter, r *http.Request) {
	from, err := parseOrigin(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, batchBytes))
	if err != nil {
		s.brokenBatches.Add(1)
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			http.Error(w, fmt.Sprintf("a batch has at most %d bytes", batchBytes), http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(w, "the batch did not come to an end", http.StatusBadRequest)
		return
	}
	if s.config.Share != nil {
		if _, err := s.config.Share.CPU(r.Context(), s.spec.Demand); err != nil {
			s.refused.Add(1)
			if !errors.Is(err, machine.ErrFull) && r.Context().Err() == nil {
				s.config.Log.Error("batch", "error", err.Error())
			}
			w.Header().Set("Retry-After", "1")
			http.Error(w, "the monitor is busy", http.StatusServiceUnavailable)
			return
		}
	}
	got := s.keep(from, body)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(got) // a failed write means that the client has gone
}

// parsed is a line on its way into the journal.
type parsed struct {
	line
	text []byte
	at   time.Time
}

// keep takes the lines of a batch, all at once: a search sees all of them or
// none.
func (s *Server) keep(from origin, body []byte) receipt {
	now := s.config.Now()
	room := s.journal.room() // never changes
	var lines []parsed
	var got receipt
	long := int64(0)
	for text := range bytes.Lines(body) {
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			continue
		}
		if len(text) > room {
			long++
			continue
		}
		l, err := parseLine(text)
		if err != nil {
			got.Invalid++
			continue
		}
		if l.Node == "" && from.node != "" {
			l.Node, text = from.node, withNode(text, from.node)
		}
		lines = append(lines, parsed{l, text, l.at(now)})
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	isNew, lost := s.senders.take(from.sender, from.batch, from.dropped)
	if !isNew {
		s.tally.duplicates++
		return receipt{Duplicate: true}
	}
	s.tally.batches++
	s.tally.invalid += got.Invalid
	s.tally.long += long
	s.tally.lost(from.node, lost)
	for i := range lines {
		p := &lines[i]
		s.journal.add(&p.line, p.text, p.at)
		s.tally.line(&p.line)
		s.business.count(&p.line, p.at, now)
	}
	got.Invalid += long
	got.Kept = int64(len(lines))
	return got
}
