package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rung/targets/session"
	"rung/targets/session/sessiontest"
	"rung/targets/store"
)

func TestKeptAsksOnce(t *testing.T) {
	clock := sessiontest.NewClock()
	keeper := &fakeKeeper{now: clock.Now}
	s := session.NewKept(keeper, sessiontest.TTL, clock.Now)
	id, _, took, err := s.Create(t.Context(), 7)
	if err != nil || took != tookKeeper {
		t.Fatalf("create took %+v, %v; want the keeper's %+v", took, err, tookKeeper)
	}
	if _, took, err = s.Get(t.Context(), id); err != nil || took != tookKeeper {
		t.Fatalf("get took %+v, %v; want the keeper's %+v", took, err, tookKeeper)
	}
	if keeper.asked != 2 {
		t.Errorf("the keeper was asked %d times; want 2", keeper.asked)
	}
	v := keeper.values[id]
	if len(v.value) != 25 || v.ttl != sessiontest.TTL || len(id) != 32 {
		t.Errorf("value of %d bytes under a key of %d for %v; want 25, 32, %v", len(v.value), len(id), v.ttl, sessiontest.TTL)
	}
	for _, id := range []string{"", "x", strings.ToUpper(id), id + "0", strings.Repeat("g", 32), "session:" + id} {
		if _, took, err := s.Get(t.Context(), id); !errors.Is(err, session.ErrNone) || took != (store.Timing{}) {
			t.Errorf("%q: took %+v, %v; want ErrNone in no time", id, took, err)
		}
	}
	if keeper.asked != 2 {
		t.Errorf("the keeper was asked for what cannot be an id")
	}
	s.Close()
	if keeper.closed != 1 {
		t.Errorf("the keeper was closed %d times; want 1", keeper.closed)
	}
}

func TestKeptFails(t *testing.T) {
	clock := sessiontest.NewClock()
	keeper := &fakeKeeper{now: clock.Now}
	s := session.NewKept(keeper, sessiontest.TTL, clock.Now)
	id, made, _, err := s.Create(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	keeper.fail = store.ErrBusy
	if got, _, took, err := s.Create(t.Context(), 7); !errors.Is(err, store.ErrBusy) || got != "" || took != tookKeeper {
		t.Errorf("create: %q, took %+v, %v; want ErrBusy", got, took, err)
	}
	_, took, err := s.Get(t.Context(), id)
	if !errors.Is(err, store.ErrBusy) || errors.Is(err, session.ErrNone) || took != tookKeeper {
		t.Errorf("get: took %+v, %v; want ErrBusy: the session may be there", took, err)
	}
	if strings.Contains(err.Error(), id) {
		t.Errorf("error %q tells the id, which is a secret", err)
	}
	keeper.fail = nil
	if got, _, err := s.Get(t.Context(), id); err != nil || !got.Login.Equal(made.Login) {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
}

// TestKeptTrustsItsRecord: a keeper that keeps a value for too long does not
// make the session longer.
func TestKeptTrustsItsRecord(t *testing.T) {
	clock := sessiontest.NewClock()
	stopped := clock.Now()
	s := session.NewKept(&fakeKeeper{now: func() time.Time { return stopped }}, sessiontest.TTL, clock.Now)
	id, _, _, err := s.Create(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(sessiontest.TTL - 1)
	if _, _, err := s.Get(t.Context(), id); err != nil {
		t.Errorf("just before its end: %v", err)
	}
	clock.Advance(1)
	if _, _, err := s.Get(t.Context(), id); !errors.Is(err, session.ErrNone) {
		t.Errorf("at its end: %v; want ErrNone", err)
	}
}

// TestKeptShortly: a keeper refuses lifetimes below 1 ms, logins do not fail.
func TestKeptShortly(t *testing.T) {
	clock := sessiontest.NewClock()
	for _, ttl := range []time.Duration{time.Microsecond, 0, -time.Second} {
		s := session.NewKept(&fakeKeeper{now: clock.Now}, ttl, clock.Now)
		id, _, _, err := s.Create(t.Context(), 1)
		if err != nil {
			t.Errorf("ttl %v: %v", ttl, err)
			continue
		}
		clock.Advance(time.Microsecond)
		if _, _, err := s.Get(t.Context(), id); !errors.Is(err, session.ErrNone) {
			t.Errorf("ttl %v: %v; want ErrNone", ttl, err)
		}
	}
}

// FuzzKeptValue: whatever a keeper returns, no session outlives its record,
// and nothing panics.
func FuzzKeptValue(f *testing.F) {
	clock := sessiontest.NewClock()
	keeper := &fakeKeeper{now: clock.Now}
	s := session.NewKept(keeper, sessiontest.TTL, clock.Now)
	id, _, _, err := s.Create(f.Context(), 7)
	if err != nil {
		f.Fatal(err)
	}
	whole := keeper.values[id]
	f.Add(whole.value)
	f.Add(whole.value[:24])
	f.Add(append([]byte{2}, whole.value[1:]...))
	f.Add([]byte{})
	f.Add([]byte("user 7"))
	f.Fuzz(func(t *testing.T, value []byte) {
		keeper.values[id] = fakeValue{value, whole.until, whole.ttl}
		got, _, err := s.Get(t.Context(), id)
		switch {
		case err == nil && (len(value) != 25 || value[0] != 1 || !clock.Now().Before(got.Expires)):
			t.Fatalf("value %x is %+v", value, got)
		case err != nil && !errors.Is(err, session.ErrNone):
			t.Fatalf("value %x: %v", value, err)
		}
	})
}
