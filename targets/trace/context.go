package trace

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
)

// Context says which request some work is part of. It is a value: all methods
// leave it as it is, and are safe for concurrent use. The zero value is no
// trace at all, and never goes on a wire.
type Context struct {
	// Trace is the same at every hop. All zero means none.
	Trace [16]byte
	// Span is one hop's own work.
	Span [8]byte
	// Sampled asks every hop to log its part.
	Sampled bool
	// Request is the request's name for people: see Named for what is
	// allowed. It may be empty, as it is where a wire has no room for it.
	Request string
}

// New starts a trace with ids drawn at random, named by its trace id in
// hexadecimal.
func New(sampled bool) Context {
	c := Context{Sampled: sampled, Span: newSpan()}
	for c.Trace == ([16]byte{}) {
		putUint64(c.Trace[:8], rand.Uint64())
		putUint64(c.Trace[8:], rand.Uint64())
	}
	c.Request = hex.EncodeToString(c.Trace[:])
	return c
}

// Child is the context of work that this one asks another to do: the same
// trace and a new span.
func (c Context) Child() Context {
	c.Span = newSpan()
	return c
}

// newSpan draws an id that is not zero, which W3C forbids. Ids are no secret,
// so the fast generator will do.
func newSpan() (span [8]byte) {
	for span == ([8]byte{}) {
		putUint64(span[:], rand.Uint64())
	}
	return span
}

func putUint64(b []byte, v uint64) {
	for i := range 8 {
		b[i] = byte(v >> (8 * i))
	}
}

// valid says whether the context may go on a wire.
func (c Context) valid() bool { return c.Trace != ([16]byte{}) && c.Span != ([8]byte{}) }

// Attrs are the fields of a log line, for slog: trace_id and span_id in
// lower-case hexadecimal, and request_id unless it is empty.
func (c Context) Attrs() []any {
	attrs := []any{"trace_id", hex.EncodeToString(c.Trace[:]), "span_id", hex.EncodeToString(c.Span[:])}
	if c.Request != "" {
		attrs = append(attrs, "request_id", c.Request)
	}
	return attrs
}

// key of a Context in a context.Context.
type key struct{}

// With returns a copy of ctx that carries c.
func With(ctx context.Context, c Context) context.Context {
	return context.WithValue(ctx, key{}, c)
}

// Of returns what ctx carries, and false when it carries none.
func Of(ctx context.Context) (Context, bool) {
	c, ok := ctx.Value(key{}).(Context)
	return c, ok
}
