package session_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets/session"
	"rung/targets/session/sessiontest"
	"rung/targets/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeKeeper is a Keeper in a map. Its knobs are set before use.
type fakeKeeper struct {
	now func() time.Time
	// fail is what every call returns, unless nil.
	fail error

	mu     sync.Mutex
	values map[string]fakeValue
	asked  int
	closed int
}

type fakeValue struct {
	value []byte
	until time.Time
	ttl   time.Duration
}

// tookKeeper is what every call of a fakeKeeper says of itself.
var tookKeeper = store.Timing{Statements: 1, Total: 3 * time.Millisecond, Wait: time.Millisecond}

func (f *fakeKeeper) Put(ctx context.Context, key string, value []byte, ttl time.Duration) (store.Timing, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if err := errors.Join(f.fail, ctx.Err()); err != nil {
		return tookKeeper, err
	}
	if ttl < time.Millisecond {
		return tookKeeper, errors.New("nothing can be kept so shortly")
	}
	if f.values == nil {
		f.values = map[string]fakeValue{}
	}
	f.values[key] = fakeValue{bytes.Clone(value), f.now().Add(ttl), ttl}
	return tookKeeper, nil
}

func (f *fakeKeeper) Get(ctx context.Context, key string) ([]byte, store.Timing, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if err := errors.Join(f.fail, ctx.Err()); err != nil {
		return nil, tookKeeper, err
	}
	v, ok := f.values[key]
	if !ok || !f.now().Before(v.until) {
		return nil, tookKeeper, store.ErrNotFound
	}
	return bytes.Clone(v.value), tookKeeper, nil
}

func (f *fakeKeeper) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
}

func newCookie(t *testing.T, key string, clock *sessiontest.Clock) session.Store {
	t.Helper()
	s, err := session.NewCookie([]byte(key), sessiontest.TTL, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMemory(t *testing.T) {
	sessiontest.Store(t, func(_ *testing.T, clock *sessiontest.Clock) session.Store {
		return session.NewMemory(200, sessiontest.TTL, clock.Now)
	})
}

func TestKeptOnAMap(t *testing.T) {
	sessiontest.Store(t, func(_ *testing.T, clock *sessiontest.Clock) session.Store {
		return session.NewKept(&fakeKeeper{now: clock.Now}, sessiontest.TTL, clock.Now)
	})
}

func TestCookie(t *testing.T) {
	sessiontest.Store(t, func(t *testing.T, clock *sessiontest.Clock) session.Store {
		return newCookie(t, strings.Repeat("k", 32), clock)
	})
}

// TestSharedByServers: who knows a login that another server made.
func TestSharedByServers(t *testing.T) {
	clock := sessiontest.NewClock()
	keeper := &fakeKeeper{now: clock.Now}
	key := strings.Repeat("k", 32)
	memory := func() session.Store { return session.NewMemory(10, sessiontest.TTL, clock.Now) }
	kept := func() session.Store { return session.NewKept(keeper, sessiontest.TTL, clock.Now) }
	tests := []struct {
		name        string
		here, there session.Store
		known       bool
	}{
		{"memory", memory(), memory(), false},
		{"one keeper", kept(), kept(), true},
		{"another keeper", kept(), session.NewKept(&fakeKeeper{now: clock.Now}, sessiontest.TTL, clock.Now), false},
		{"one key", newCookie(t, key, clock), newCookie(t, key, clock), true},
		{"another key", newCookie(t, key, clock), newCookie(t, key+"x", clock), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, made, _, err := tt.here.Create(t.Context(), 5)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := tt.there.Get(t.Context(), id)
			switch {
			case tt.known && (err != nil || got.User != 5 || !got.Login.Equal(made.Login)):
				t.Errorf("got %+v, %v; want %+v", got, err, made)
			case !tt.known && !errors.Is(err, session.ErrNone):
				t.Errorf("got %+v, %v; want ErrNone", got, err)
			}
		})
	}
}
