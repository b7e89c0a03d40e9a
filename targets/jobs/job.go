package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"

	"rung/targets/trace"
)

// The names that every queue of the application has.
const (
	// Stream holds the jobs.
	Stream = "photos"
	// Subject is what jobs are published to.
	Subject = "photos.new"
	// Durable is the consumer that all workers share.
	Durable = "workers"
)

const (
	// idBytes bounds a job's ID.
	idBytes = 256
	// jobBytes bounds the body of a message that is read.
	jobBytes = 4 << 10
)

// ErrInvalid says that a job cannot be published, or that a message is none.
var ErrInvalid = errors.New("invalid job")

// Job is a photo to be worked on.
type Job struct {
	// ID is chosen by the client: 1 to 256 printable ASCII characters but
	// space. A queue stores a job of the same ID once, within its window.
	ID string
	// User who posted it.
	User int64
	// Trace of the request that asked for it. The zero value means none.
	Trace trace.Context
	// Delivered is how often the queue has delivered the job, this time
	// included: 1 the first time. It is not published.
	Delivered int
	// Stored is when the queue stored it, by the queue's wall clock. It is not
	// published.
	Stored time.Time
}

// body is a job on the wire.
type body struct {
	ID   string `json:"id"`
	User int64  `json:"user"`
}

// The headers of a job. NATS headers are case-sensitive; the trace's name is
// lower case, as W3C writes it.
const (
	headerTraceparent = "traceparent"
	headerRequest     = "X-Request-Id"
)

// encode returns the message of a job. It carries a span of its own.
func encode(j Job) (*nats.Msg, error) {
	if err := checkID(j.ID); err != nil {
		return nil, err
	}
	data, err := json.Marshal(body{j.ID, j.User})
	if err != nil {
		return nil, fmt.Errorf("job %q: %w", j.ID, err)
	}
	m := &nats.Msg{Subject: Subject, Data: data, Header: nats.Header{}}
	m.Header[nats.MsgIdHdr] = []string{j.ID}
	if j.Trace.Trace != [16]byte{} {
		h := http.Header{}
		j.Trace.Child().Inject(h)
		m.Header[headerTraceparent] = []string{h.Get(headerTraceparent)}
		if id := h.Get(headerRequest); id != "" {
			m.Header[headerRequest] = []string{id}
		}
	}
	return m, nil
}

// decode reads a message, which any NATS client may have sent.
func decode(data []byte, header nats.Header) (Job, error) {
	if len(data) > jobBytes {
		return Job{}, fmt.Errorf("%w: %d bytes, allowed are %d", ErrInvalid, len(data), jobBytes)
	}
	var b body
	if err := json.Unmarshal(data, &b); err != nil {
		return Job{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := checkID(b.ID); err != nil {
		return Job{}, err
	}
	j := Job{ID: b.ID, User: b.User}
	if t, ok := trace.FromHeader(http.Header(header)); ok {
		j.Trace = t
	}
	return j, nil
}

func checkID(id string) error {
	if id == "" || len(id) > idBytes {
		return fmt.Errorf("%w: id of %d bytes, allowed are 1 to %d", ErrInvalid, len(id), idBytes)
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return fmt.Errorf("%w: id %q, allowed is printable ASCII", ErrInvalid, id)
		}
	}
	return nil
}
