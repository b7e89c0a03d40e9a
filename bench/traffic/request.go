package traffic

import (
	"net/http"
	"strconv"

	"rung/bench"
	"rung/targets"
)

// Indexes into targets.Operations, which a test holds to be so.
const (
	opUser = iota
	opOrders
	opAsset
	opPost
	opLogin
	opMe
	opPhoto
	opEdit
	opFollowing
)

// Operation returns what request n is by the mix: an index into Operations.
// It does not depend on sessions: a "me" whose user must log in first is
// still a "me" here.
func (s *Shop) Operation(n uint64) int {
	return s.mix.pick(unit(draw(s.seed, n, streamOperation)))
}

// Request implements bench.Source. The header is shared with other requests
// and must not be changed.
func (s *Shop) Request(n uint64) bench.Request {
	r := s.request(n)
	if len(s.regions) > 0 {
		r.Region = s.regions[draw(s.seed, n, streamRegion)%uint64(len(s.regions))]
	}
	return r
}

func (s *Shop) request(n uint64) bench.Request {
	switch op := s.Operation(n); op {
	case opUser:
		return s.get(op, "/users/", s.user(n, streamUser), "")
	case opOrders:
		return s.get(op, "/customers/", s.user(n, streamUser), "/orders")
	case opFollowing:
		return s.get(op, "/users/", s.user(n, streamUser), "/following")
	case opAsset:
		// The bias of the modulo is below 2^-40 for a million files.
		name := targets.AssetName(int(draw(s.seed, n, streamAsset) % s.assets))
		return bench.Request{Operation: op, Method: http.MethodGet, Path: "/assets/" + name, Header: s.bare, Static: true}
	case opPost:
		return s.post(op, "/posts", n, true)
	case opPhoto:
		return s.post(op, "/photos", n, false)
	case opEdit:
		return s.edit(n)
	case opMe:
		if j := s.sessions[s.slot(n)].Load(); j != nil {
			return bench.Request{Operation: op, Method: http.MethodGet, Path: "/me", Header: j.header}
		}
		return s.login(n)
	default:
		return s.login(n)
	}
}

func (s *Shop) get(op int, before string, id int64, after string) bench.Request {
	var buffer [48]byte
	b := append(buffer[:0], before...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, after...)
	return bench.Request{Operation: op, Method: http.MethodGet, Path: string(b), Header: s.bare}
}

// post makes a write. The id doubles as the key that a ledger keeps.
func (s *Shop) post(op int, path string, n uint64, text bool) bench.Request {
	user := s.user(n, streamUser)
	b := make([]byte, 0, 160)
	b = append(b, `{"id":"`...)
	start := len(b)
	b = append(b, s.run...)
	b = append(b, '-')
	b = strconv.AppendUint(b, n, 10)
	key := string(b[start:])
	b = append(b, `","user":`...)
	b = strconv.AppendInt(b, user, 10)
	if text {
		b = append(b, `,"text":"User `...)
		b = strconv.AppendInt(b, user, 10)
		b = append(b, " has something to say in post "...)
		b = strconv.AppendUint(b, n, 10)
		b = append(b, `."`...)
	}
	b = append(b, '}')
	return bench.Request{Operation: op, Method: http.MethodPost, Path: path, Header: s.json, Body: b, Key: key}
}

// edit changes the city of a user.
func (s *Shop) edit(n uint64) bench.Request {
	path := "/users/" + strconv.FormatInt(s.user(n, streamUser), 10)
	body := `{"city":"` + s.run + "-" + strconv.FormatUint(n, 10) + `"}`
	return bench.Request{Operation: opEdit, Method: http.MethodPut, Path: path, Header: s.json, Body: []byte(body)}
}

// slot is the virtual user of request n.
func (s *Shop) slot(n uint64) uint64 { return n % uint64(len(s.sessions)) }

// login starts the session of virtual user n mod Sessions. The virtual users
// are the most popular users.
func (s *Shop) login(n uint64) bench.Request {
	user := s.UserOf(int(s.slot(n) % uint64(s.data.Users)))
	b := make([]byte, 0, 32)
	b = append(b, `{"user":`...)
	b = strconv.AppendInt(b, user, 10)
	b = append(b, '}')
	return bench.Request{Operation: opLogin, Method: http.MethodPost, Path: "/login", Header: s.json, Body: b}
}

// Observe implements bench.Source. A login that succeeded starts a session
// with all cookies of its answer; answers to the session's requests may
// change them; a 401 ends it. An answer to a request that carried older
// cookies than the session has now says nothing about it.
func (s *Shop) Observe(n uint64, r bench.Request, code int, header http.Header) {
	if r.Operation != opLogin && r.Operation != opMe {
		return
	}
	slot := &s.sessions[s.slot(n)]
	good := code >= 200 && code < 300
	if r.Operation == opLogin {
		if good {
			slot.Store((*jar)(nil).with(header))
		}
		return
	}
	now := slot.Load()
	switch {
	case !now.sent(r.Header):
	case code == http.StatusUnauthorized:
		slot.CompareAndSwap(now, nil)
	case good && len(header["Set-Cookie"]) > 0:
		slot.CompareAndSwap(now, now.with(header))
	}
}
