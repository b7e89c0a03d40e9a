package session_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets/session"
	"rung/targets/session/sessiontest"
	"rung/targets/store"
)

const cookieKey = "0123456789abcdef0123456789abcdef"

// sign makes a cookie out of any record, as the documentation of NewCookie
// says: a second implementation, to compare with.
func sign(key string, record []byte) string {
	text := base64.RawURLEncoding.EncodeToString(record)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func record(version byte, user int64, login, expires time.Time) []byte {
	b := []byte{version}
	for _, n := range []int64{user, login.UnixNano(), expires.UnixNano()} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return b
}

func TestCookieForm(t *testing.T) {
	clock := sessiontest.NewClock()
	s := newCookie(t, cookieKey, clock)
	id, made, took, err := s.Create(t.Context(), 7)
	if err != nil || took != (store.Timing{}) {
		t.Fatalf("took %+v, %v; want no time", took, err)
	}
	if want := sign(cookieKey, record(1, 7, made.Login, made.Expires)); id != want || len(id) != 78 {
		t.Errorf("id is %q (%d bytes); want %q", id, len(id), want)
	}
}

func TestNewCookieRefuses(t *testing.T) {
	for _, row := range []struct {
		key  string
		ttl  time.Duration
		want string
	}{
		{"", time.Hour, "has 0 bytes: at least 32"}, {cookieKey[1:], time.Hour, "has 31 bytes"},
		{cookieKey, 0, "must be above 0"}, {cookieKey, -1, "must be above 0"},
	} {
		if _, err := session.NewCookie([]byte(row.key), row.ttl, nil); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("key %q, ttl %v: %v; want %q", row.key, row.ttl, err, row.want)
		}
	}
	key := []byte(cookieKey)
	s, err := session.NewCookie(key, time.Hour, nil) // nil is the system's clock
	if err != nil {
		t.Fatal(err)
	}
	id, _, _, _ := s.Create(t.Context(), 1)
	clear(key) // the caller's own
	if _, _, err := s.Get(t.Context(), id); err != nil {
		t.Errorf("the key changed with the caller's: %v", err)
	}
}

// TestCookieRefusesSigned: what has the right signature can be wrong, too.
func TestCookieRefusesSigned(t *testing.T) {
	clock := sessiontest.NewClock()
	s := newCookie(t, cookieKey, clock)
	now := clock.Now()
	good := record(1, 7, now, now.Add(time.Hour))
	for _, row := range []struct {
		name, id string
		valid    bool
	}{
		{"as made here", sign(cookieKey, good), true},
		{"another key", sign(strings.Repeat("k", 32), good), false},
		{"other version", sign(cookieKey, record(2, 7, now, now.Add(time.Hour))), false},
		{"version 0", sign(cookieKey, record(0, 7, now, now.Add(time.Hour))), false},
		{"ended", sign(cookieKey, record(1, 7, now.Add(-time.Hour), now)), false},
		{"short", sign(cookieKey, good[:24]), false},
		{"long", sign(cookieKey, append(good, 0)), false},
		{"empty", sign(cookieKey, nil), false},
		{"over 512 bytes", sign(cookieKey, append(good, make([]byte, 400)...)), false},
		{"no signature", strings.SplitN(sign(cookieKey, good), ".", 2)[0] + ".", false},
		{"only a signature", "." + strings.SplitN(sign(cookieKey, good), ".", 2)[1], false},
		{"signature twice", sign(cookieKey, good) + "." + strings.SplitN(sign(cookieKey, good), ".", 2)[1], false},
	} {
		if _, _, err := s.Get(t.Context(), row.id); row.valid != (err == nil) || err != nil && !errors.Is(err, session.ErrNone) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// TestCookieChanges: any change of any bytes is refused, and so is any cut.
func TestCookieChanges(t *testing.T) {
	clock := sessiontest.NewClock()
	s := newCookie(t, cookieKey, clock)
	rapid.Check(t, func(t *rapid.T) {
		clock.Advance(time.Duration(rapid.IntRange(0, 1e9).Draw(t, "later")))
		user := rapid.Int64Range(1, math.MaxInt64).Draw(t, "user")
		id, made, _, err := s.Create(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.Get(t.Context(), id); err != nil || got.User != user || !got.Expires.Equal(made.Expires) {
			t.Fatalf("unchanged: %+v, %v", got, err)
		}
		changed := []byte(id)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			changed[rapid.IntRange(0, len(id)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		}
		cut := id[:rapid.IntRange(0, len(id)-1).Draw(t, "cut")]
		for _, other := range []string{string(changed), cut} {
			if _, _, err := s.Get(t.Context(), other); other != id && !errors.Is(err, session.ErrNone) {
				t.Fatalf("%q for %q: %v; want ErrNone", other, id, err)
			}
		}
	})
}

// FuzzCookie: an id is accepted only when the second implementation makes the
// very same one of the session that came out.
func FuzzCookie(f *testing.F) {
	clock := sessiontest.NewClock()
	s, err := session.NewCookie([]byte(cookieKey), sessiontest.TTL, clock.Now)
	if err != nil {
		f.Fatal(err)
	}
	now := clock.Now()
	good := sign(cookieKey, record(1, 7, now, now.Add(time.Hour)))
	for _, seed := range []string{good, good[:77], good + "=", sign(cookieKey, record(2, 7, now, now)), "a.b", ".", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		got, _, err := s.Get(t.Context(), id)
		switch {
		case err == nil && id != sign(cookieKey, record(1, got.User, got.Login, got.Expires)):
			t.Fatalf("%q is %+v", id, got)
		case err != nil && !errors.Is(err, session.ErrNone):
			t.Fatalf("%q: %v", id, err)
		}
	})
}
