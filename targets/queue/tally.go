package queue

import (
	"bytes"
	"strconv"
	"sync/atomic"

	"rung/targets/jobs"
)

// tally counts what only the connections show. It is safe for concurrent use.
type tally struct {
	duplicates, rejected   atomic.Int64
	delivered, redelivered atomic.Int64
	refused, violations    atomic.Int64
	syncs, discarded       atomic.Int64
}

var (
	// ackPrefix starts JetStream's answer to a publisher.
	ackPrefix = []byte(`{"stream":"` + jobs.Stream + `"`)
	// errPrefix starts its refusal.
	errPrefix = []byte(`{"error":{`)
	// errStream is how the refusal names the stream.
	errStream = []byte(`"stream":"` + jobs.Stream + `"`)
	// duplicateMark is in an answer about an id that was there.
	duplicateMark = []byte(`"duplicate":`)
	// emulated marks a refusal of the emulation, which toll counts.
	emulated = []byte("emulated queue is full")
	// deliveryPrefix starts the reply subject of a delivered job:
	// $JS.ACK.<stream>.<consumer>.<deliveries>.…
	deliveryPrefix = []byte("$JS.ACK." + jobs.Stream + "." + jobs.Durable + ".")
)

// note counts a frame that the server sent to a client.
func (t *tally) note(f frame) {
	if f.verb != verbMsg && f.verb != verbHMsg {
		return
	}
	if rest, ok := bytes.CutPrefix(f.reply, deliveryPrefix); ok {
		t.delivered.Add(1)
		count, _, _ := bytes.Cut(rest, []byte("."))
		if n, err := strconv.Atoi(string(count)); err == nil && n > 1 {
			t.redelivered.Add(1)
		}
		return
	}
	switch {
	case bytes.HasPrefix(f.payload, ackPrefix) && bytes.Contains(f.payload, duplicateMark):
		t.duplicates.Add(1)
	case bytes.HasPrefix(f.payload, errPrefix) && bytes.Contains(f.payload, errStream) && !bytes.Contains(f.payload, emulated):
		t.rejected.Add(1)
	}
}
