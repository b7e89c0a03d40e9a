// Package sessiontest holds what every session.Store must do, for tests.
package sessiontest

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"rung/targets/session"
)

// patience bounds each check. Nothing here waits for time to pass.
const patience = 30 * time.Second

// TTL is how long the sessions of the suite's stores last.
const TTL = time.Hour

// Clock is a clock that moves when told. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock at the present time.
func NewClock() *Clock { return &Clock{now: time.Now()} }

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Store checks everything that session.Store promises. Open starts an empty
// store whose sessions last TTL by that clock, with room for 200 sessions; it
// ends with the test.
func Store(t *testing.T, open func(t *testing.T, clock *Clock) session.Store) {
	for _, c := range []struct {
		name  string
		check func(*testing.T, context.Context, session.Store, *Clock)
	}{
		{"nobody", nobody},
		{"sessions come back", comesBack},
		{"sessions end", ends},
		{"sessions are apart", apart},
		{"changed ids", changed},
		{"many at once", many},
		{"ended contexts", late},
		{"count", counts},
		{"closing", closing},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			clock := NewClock()
			c.check(t, ctx, open(t, clock), clock)
		})
	}
}

func create(t *testing.T, ctx context.Context, s session.Store, user int64) (string, session.Session) {
	t.Helper()
	id, made, _, err := s.Create(ctx, user)
	if err != nil {
		t.Fatalf("create a session of user %d: %v", user, err)
	}
	return id, made
}

// known fails the test unless the id is that session's.
func known(t *testing.T, ctx context.Context, s session.Store, id string, want session.Session) {
	t.Helper()
	got, _, err := s.Get(ctx, id)
	if err != nil || got.User != want.User || !got.Login.Equal(want.Login) || !got.Expires.Equal(want.Expires) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

// unknown fails the test unless there is no such session.
func unknown(t *testing.T, ctx context.Context, s session.Store, id string) {
	t.Helper()
	if got, _, err := s.Get(ctx, id); !errors.Is(err, session.ErrNone) || got != (session.Session{}) {
		t.Errorf("%.80q is %+v, %v; want ErrNone", id, got, err)
	}
}

func nobody(t *testing.T, ctx context.Context, s session.Store, _ *Clock) {
	for _, id := range []string{
		"", ".", "..", "/", "a", "a.b", "../../etc/passwd", "\x00", "\r\n", "é", strings.Repeat("0", 32), strings.Repeat("F", 32),
		strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("x", 4096), strings.Repeat("A", 34) + "." + strings.Repeat("A", 43),
	} {
		unknown(t, ctx, s, id)
	}
}

func comesBack(t *testing.T, ctx context.Context, s session.Store, clock *Clock) {
	for _, user := range []int64{1, 42, math.MaxInt64} {
		before := clock.Now()
		id, made := create(t, ctx, s, user)
		if made.User != user || !made.Login.Equal(before) || !made.Expires.Equal(before.Add(TTL)) {
			t.Errorf("made %+v at %v", made, before)
		}
		if id == "" || len(id) > 512 || strings.ContainsAny(id, " \",;\\\r\n") {
			t.Errorf("id %q does not fit into a cookie (RFC 6265, section 4.1.1)", id)
		}
		known(t, ctx, s, id, made)
		known(t, ctx, s, id, made) // looking changes nothing
	}
}

func ends(t *testing.T, ctx context.Context, s session.Store, clock *Clock) {
	first, made := create(t, ctx, s, 1)
	clock.Advance(TTL / 2)
	known(t, ctx, s, first, made)
	second, later := create(t, ctx, s, 1)
	clock.Advance(TTL/2 - 1)
	known(t, ctx, s, first, made)
	clock.Advance(1)
	unknown(t, ctx, s, first)
	known(t, ctx, s, second, later)
	clock.Advance(TTL / 2)
	unknown(t, ctx, s, first)
	unknown(t, ctx, s, second)
}

func apart(t *testing.T, ctx context.Context, s session.Store, clock *Clock) {
	ids := map[string]session.Session{}
	for i := range 20 {
		clock.Advance(1)
		id, made := create(t, ctx, s, int64(1+i%3))
		if _, there := ids[id]; there {
			t.Fatalf("id %q was given twice", id)
		}
		ids[id] = made
	}
	for id, made := range ids {
		known(t, ctx, s, id, made)
	}
}

// changed changes an id of a session that is there in every one of its bytes.
func changed(t *testing.T, ctx context.Context, s session.Store, _ *Clock) {
	id, made := create(t, ctx, s, 7)
	for i := range len(id) {
		for _, c := range []byte{'A', 'B', '0', '1', 'f', '.', '=', '\n', id[i] ^ 1, id[i] ^ 0x20, id[i] ^ 0x80} {
			if c != id[i] {
				unknown(t, ctx, s, id[:i]+string([]byte{c})+id[i+1:])
			}
		}
		unknown(t, ctx, s, id[:i])
		unknown(t, ctx, s, id[:i]+"\n"+id[i:])
	}
	for _, more := range []string{"=", "\n", " ", "A", "."} {
		unknown(t, ctx, s, id+more)
		unknown(t, ctx, s, more+id)
	}
	known(t, ctx, s, id, made)
}

func many(t *testing.T, ctx context.Context, s session.Store, _ *Clock) {
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 10 {
				user := int64(1 + w*10 + i)
				id, made, _, err := s.Create(ctx, user)
				if err != nil || made.User != user {
					t.Errorf("made %+v, %v; want one of user %d", made, err, user)
					return
				}
				known(t, ctx, s, id, made)
			}
		})
	}
	all.Wait()
}

// late: a store may answer after the end of a context, but must not take it
// for an unknown session.
func late(t *testing.T, ctx context.Context, s session.Store, _ *Clock) {
	id, made := create(t, ctx, s, 1)
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := s.Get(over, id); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a look with an ended context: %v", err)
	}
	if _, _, _, err := s.Create(over, 2); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a login with an ended context: %v", err)
	}
	known(t, ctx, s, id, made)
}

// counts: a store says 0 when it is elsewhere, and else how many there are.
func counts(t *testing.T, ctx context.Context, s session.Store, clock *Clock) {
	if held, evicted := s.Count(); held != 0 || evicted != 0 {
		t.Errorf("an empty store holds %d and dropped %d", held, evicted)
	}
	for range 3 {
		create(t, ctx, s, 1)
	}
	held, evicted := s.Count()
	if held != 0 && held != 3 || evicted != 0 {
		t.Errorf("after 3 logins %d are held, %d dropped", held, evicted)
	}
	clock.Advance(TTL)
	if held, evicted := s.Count(); held != 0 || evicted != 0 {
		t.Errorf("when all have ended %d are held, %d dropped", held, evicted)
	}
}

func closing(t *testing.T, ctx context.Context, s session.Store, _ *Clock) {
	create(t, ctx, s, 1)
	s.Close()
	s.Close()
}
