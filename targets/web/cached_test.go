package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"rung/targets/store"
	"rung/targets/web"
)

// warmStore is a store with a cache in front.
type warmStore struct {
	memoryStore
	pages []string
	err   error
}

func (w *warmStore) Warm(_ context.Context, pages []string) error {
	w.pages = append(w.pages, pages...)
	return w.err
}

func TestWarm(t *testing.T) {
	st := &warmStore{}
	s := newServer(t, spec(), web.Config{Store: st})
	if err := s.Warm(t.Context(), []string{"users/1", "orders/2"}); err != nil || !slices.Equal(st.pages, []string{"users/1", "orders/2"}) {
		t.Errorf("warmed %v, %v", st.pages, err)
	}
	st.err = errors.New("node is down")
	if err := s.Warm(t.Context(), nil); !errors.Is(err, st.err) || !strings.Contains(err.Error(), "web-1") {
		t.Errorf("error is %v; want the store's, of web-1", err)
	}
	if err := newServer(t, spec(), web.Config{}).Warm(t.Context(), nil); err == nil {
		t.Error("a store without a cache was warmed")
	}
}

// TestCachedTiming: what the cache did is told, also of a write.
func TestCachedTiming(t *testing.T) {
	for _, row := range []struct {
		give store.Timing
		want string
	}{
		{store.Timing{Cache: ms, Total: ms, Outcome: store.OutcomeHit}, `cache-net;dur=1, cache;desc="hit"`},
		{store.Timing{Cache: ms, Total: 3 * ms, Outcome: store.OutcomeMiss, Statements: 1}, `cache-net;dur=1, cache;desc="miss", db-conn;dur=0, db;dur=2`},
	} {
		s := newServer(t, spec(), web.Config{Store: &memoryStore{timing: row.give}})
		for _, path := range []string{"/users/1", "/customers/1/orders"} {
			if got := do(s, "GET", path, "").Header().Get("Server-Timing"); got != "web-queue;dur=0, web-cpu;dur=0, "+row.want {
				t.Errorf("%s says %q; want %q", path, got, row.want)
			}
		}
	}
	s := newServer(t, spec(), web.Config{Store: &memoryStore{timing: store.Timing{Cache: ms, Total: 3 * ms, Statements: 1}}})
	if got := do(s, "PUT", "/users/1", `{"city":"Oslo"}`).Header().Get("Server-Timing"); got != "web-queue;dur=0, web-cpu;dur=0, cache-net;dur=1, db-conn;dur=0, db;dur=2" {
		t.Errorf("an edit says %q", got)
	}
}

// TestHitsDoNotEndAnOutage: a cache that answers while the store behind is
// dead says nothing about the store, and does not fill the log.
func TestHitsDoNotEndAnOutage(t *testing.T) {
	var log bytes.Buffer
	st := &memoryStore{}
	s := newServer(t, spec(), web.Config{Store: st, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 10 {
		st.fail, st.timing = errors.New("connection refused"), store.Timing{Outcome: store.OutcomeMiss}
		do(s, "GET", "/users/1", "")
		st.fail, st.timing = nil, store.Timing{Outcome: store.OutcomeHit}
		if w := do(s, "GET", "/users/1", ""); w.Code != 200 {
			t.Errorf("a hit answers %d", w.Code)
		}
	}
	if got := strings.Count(log.String(), "\n"); got != 1 {
		t.Errorf("one outage makes %d lines:\n%s", got, log.String())
	}
}
