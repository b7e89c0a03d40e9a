package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"rung/targets/store"
)

const (
	// minKey is the least length of a key in bytes: that of the hash's output
	// (RFC 2104, section 3).
	minKey = sha256.Size
	// maxCookie is the longest id that is looked at, in bytes. Those made
	// here have 78.
	maxCookie = 512
)

// cookie keeps nothing: the id is the session.
type cookie struct {
	key []byte
	ttl time.Duration
	now func() time.Time
}

// NewCookie has the client keep its session of ttl, signed, where base64url is
// that of RFC 4648, section 5, without padding:
//
//	id = base64url(record) "." base64url(HMAC-SHA256(key, base64url(record)))
//
// The id is not secret from its user and not encrypted. A session cannot be
// ended before its time, other than by a new key. Whoever has the key can make
// sessions; every server of a tier needs the same one, at least 32 bytes long.
// A ttl of 0 or less is an error; a nil now means time.Now. Calls return no
// error but ErrNone, and heed no context.
func NewCookie(key []byte, ttl time.Duration, now func() time.Time) (Store, error) {
	if len(key) < minKey {
		return nil, fmt.Errorf("key of session cookies has %d bytes: at least %d are needed", len(key), minKey)
	}
	if ttl <= 0 {
		return nil, fmt.Errorf("sessions in cookies last %v: it must be above 0", ttl)
	}
	return &cookie{key: append([]byte(nil), key...), ttl: ttl, now: orNow(now)}, nil
}

func (c *cookie) Create(_ context.Context, user int64) (string, Session, store.Timing, error) {
	made := begin(user, c.now(), c.ttl)
	text := base64.RawURLEncoding.EncodeToString(encode(made))
	return text + "." + c.sign(text), made, store.Timing{}, nil
}

func (c *cookie) Get(_ context.Context, id string) (Session, store.Timing, error) {
	found, ok := c.open(id)
	if !ok || found.ended(c.now()) {
		return Session{}, store.Timing{}, ErrNone
	}
	return found, store.Timing{}, nil
}

// open returns the session that an id holds, ended or not, if this key signed
// it.
func (c *cookie) open(id string) (Session, bool) {
	if len(id) > maxCookie {
		return Session{}, false
	}
	text, signature, ok := strings.Cut(id, ".")
	// The signature is of the text and compared as text: a decoder would
	// accept several forms of the same bytes. Nothing is decoded before.
	if !ok || !hmac.Equal([]byte(signature), []byte(c.sign(text))) {
		return Session{}, false
	}
	record, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Session{}, false
	}
	return decode(record)
}

// sign returns the signature of a text, 43 characters.
func (c *cookie) sign(text string) string {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(text)) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (c *cookie) Count() (int, int64) { return 0, 0 }

func (c *cookie) Close() {}
