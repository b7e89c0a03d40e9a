package jobs

import (
	"errors"
	"reflect"
	"testing"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"rung/targets/trace"
)

// TestJobRoundTrip holds that a job arrives as it was sent, in a span of its
// own.
func TestJobRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		j := Job{ID: rapid.StringMatching(`[!-~]{1,256}`).Draw(r, "id"), User: rapid.Int64().Draw(r, "user")}
		if rapid.Bool().Draw(r, "traced") {
			j.Trace = trace.New(rapid.Bool().Draw(r, "sampled"))
			j.Trace.Request = rapid.StringMatching(`[a-zA-Z0-9-]{1,128}`).Draw(r, "request")
		}
		m, err := encode(j)
		if err != nil {
			r.Fatal(err)
		}
		got, err := decode(m.Data, m.Header)
		if err != nil {
			r.Fatal(err)
		}
		if j.Trace != (trace.Context{}) {
			if got.Trace.Span == j.Trace.Span {
				r.Fatalf("the same span: %v", got.Trace)
			}
			got.Trace.Span = j.Trace.Span
		}
		if !reflect.DeepEqual(got, j) || m.Header.Get(nats.MsgIdHdr) != j.ID {
			r.Fatalf("%+v became %+v with headers %v", j, got, m.Header)
		}
	})
}

// FuzzDecode holds that what is taken for a job can be published as the same
// job.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"a","user":1}`), "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", "r")
	f.Add([]byte(`{"id":"a b"}`), "", "")
	f.Add([]byte(`null`), "00", "x\r\ny")
	f.Fuzz(func(t *testing.T, data []byte, parent, request string) {
		j, err := decode(data, nats.Header{headerTraceparent: {parent}, headerRequest: {request}})
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("%v is not ErrInvalid", err)
			}
			return
		}
		m, err := encode(j)
		if err != nil {
			t.Fatalf("%+v: %v", j, err)
		}
		again, err := decode(m.Data, m.Header)
		if err != nil || again.ID != j.ID || again.User != j.User || again.Trace.Trace != j.Trace.Trace || again.Trace.Request != j.Trace.Request {
			t.Fatalf("%+v became %+v, %v", j, again, err)
		}
	})
}
