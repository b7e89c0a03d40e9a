package run

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"rung/bench"
	"rung/targets"
)

// sessionCookie is the cookie that carries a login.
const sessionCookie = "rung_session"

// operator is a client that connects to addresses directly.
func operator() *http.Client {
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}

// tamper logs in and sends the session's cookie again: changed in each of its
// characters, or after its time.
func (s *session) tamper(ctx context.Context, b *bed, e bench.Experiment) error {
	s.step("%s: %s session cookies", e.Name, e.Method)
	cookie, err := b.logInOnce(ctx)
	if err != nil {
		return err
	}
	valid, err := b.admitted(ctx, cookie)
	if err != nil {
		return err
	}
	tried, admitted := 0, 0
	try := func(value string) error {
		in, err := b.admitted(ctx, value)
		tried++
		if in {
			admitted++
		}
		return err
	}
	if e.Method == "expired" {
		ttl := b.sessionTTL()
		if ttl > publishPatience {
			return fmt.Errorf("sessions last %v: give the web tier of the variant a session_ttl of at most %v", ttl, publishPatience)
		}
		if err := s.clock.Until(ctx, time.Now().Add(ttl+10*time.Millisecond)); err != nil {
			return err
		}
		if err := try(cookie); err != nil {
			return err
		}
	} else {
		for i := range cookie {
			changed := []byte(cookie)
			changed[i] = 'A'
			if cookie[i] == 'A' {
				changed[i] = 'B'
			}
			if err := try(string(changed)); err != nil {
				return err
			}
		}
	}
	from := fmt.Sprintf("GET /me with a cookie of %d bytes, %s", len(cookie), e.Method)
	s.facts.Add(e.Name+".tried_count", float64(tried), from)
	s.facts.Add(e.Name+".admitted_count", float64(admitted), from)
	s.facts.Add(e.Name+".valid_flag", flag(valid), "GET /me with the cookie as it came")
	s.facts.Add(e.Name+".cookie_bytes", float64(len(cookie)), "the session's cookie")
	return nil
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (b *bed) sessionTTL() time.Duration {
	for _, r := range b.system.Topology().RolesOf(targets.KindWeb) {
		return r.Web.SessionTTL
	}
	return 0
}

// logInOnce returns the cookie of a new session.
func (b *bed) logInOnce(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url()+"/login", bytes.NewReader([]byte(`{"user":1}`)))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := b.client.Do(req)
	if err != nil {
		return "", err
	}
	defer discard(res)
	for _, c := range res.Cookies() {
		if c.Name == sessionCookie {
			return c.Value, nil
		}
	}
	return "", fmt.Errorf("log in: status %d and no cookie %s", res.StatusCode, sessionCookie)
}

// admitted says whether a session is known.
func (b *bed) admitted(ctx context.Context, cookie string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url()+"/me", nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Cookie", sessionCookie+"="+cookie)
	res, err := b.client.Do(req)
	if err != nil {
		return false, err
	}
	defer discard(res)
	switch res.StatusCode {
	case http.StatusOK:
		return true, nil
	case http.StatusUnauthorized:
		return false, nil
	}
	return false, fmt.Errorf("GET /me: status %d", res.StatusCode)
}
