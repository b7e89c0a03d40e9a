package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"rung/bench/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handler answers without a network, so that the pauses between tries cost
// no real time in a synctest bubble.
type handler http.HandlerFunc

func (h handler) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	h(w, r)
	return w.Result(), nil
}

func read(ctx context.Context, h http.HandlerFunc, run string) (ids []string, err error) {
	r := ledger.Reader{Client: &http.Client{Transport: handler(h)}, BaseURL: "http://stage", Run: run}
	for id, failed := range r.Posts(ctx) {
		if failed != nil {
			return ids, failed
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// store pages through ids by position.
func store(ids []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		from := 0
		if c := r.FormValue("cursor"); c != "" {
			from, _ = strconv.Atoi(strings.TrimPrefix(c, "at&"))
		}
		to := min(from+limit, len(ids))
		next := ""
		if to < len(ids) {
			next = fmt.Sprintf("at&%d", to)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids[from:to], "next": next})
	}
}

func TestReaderPages(t *testing.T) {
	var ids []string
	for n := range 2500 {
		ids = append(ids, fmt.Sprintf("run%d-%d", n%2, n))
	}
	got, err := read(context.Background(), store(ids), "run1")
	if err != nil || len(got) != 1250 || got[0] != "run1-1" {
		t.Fatalf("%d ids, error %v", len(got), err)
	}
	if got, err := read(context.Background(), store(ids), ""); err != nil || len(got) != 2500 {
		t.Errorf("without a run: %d ids, error %v", len(got), err)
	}
	if got, err := read(context.Background(), store(nil), "run"); err != nil || len(got) != 0 {
		t.Errorf("of an empty store: %v, error %v", got, err)
	}
}

func TestReaderTriesAgain(t *testing.T) {
	for _, c := range []struct {
		name     string
		failures int
		status   int
		requests int
		fails    bool
	}{
		{"a store that comes back", 3, 503, 4, false},
		{"a store that does not", 100, 502, 4, true},
		{"over the rate limit", 1, 429, 2, false},
		{"a request that is wrong", 100, 400, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				_, err := read(context.Background(), func(w http.ResponseWriter, r *http.Request) {
					if requests++; requests <= c.failures {
						w.WriteHeader(c.status)
						return
					}
					store([]string{"r-1"})(w, r)
				}, "r")
				if (err != nil) != c.fails || requests != c.requests {
					t.Errorf("%d requests, error %v", requests, err)
				}
			})
		})
	}
}

func TestReaderEnds(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want string
	}{
		"cursor that stands still": {`{"ids":["r-1"],"next":"x"}`, "does not move on"},
		"not JSON":                 {`<html>`, "body"},
		"page too large":           {`{"ids":["` + strings.Repeat("x", 5<<20) + `"]}`, "bytes"},
	} {
		_, err := read(context.Background(), func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.body) }, "r")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one about %q", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := read(ctx, store(nil), "r"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error is %v", err)
	}
}

func TestAuditOfReader(t *testing.T) {
	l := ledger.New()
	for n := range 1500 {
		l.Acknowledge(fmt.Sprintf("r-%d", n))
	}
	var ids []string
	for n := range 1490 {
		ids = append(ids, fmt.Sprintf("r-%d", n), fmt.Sprintf("other-%d", n))
	}
	r := ledger.Reader{Client: &http.Client{Transport: handler(store(ids))}, BaseURL: "http://stage", Run: "r"}
	if a := l.Audit(r.Posts(context.Background())); a.Lost != 10 || !a.Checked || a.Acknowledged != 1500 {
		t.Errorf("audit is %+v", a)
	}
}
