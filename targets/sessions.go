package targets

import "slices"

// SessionStore says where logins are kept.
type SessionStore string

// The session stores.
const (
	// SessionsMemory is each web server's own memory: a login is known to
	// one server only.
	SessionsMemory SessionStore = "memory"
	// SessionsCache is a tier of cache roles.
	SessionsCache SessionStore = "cache"
	// SessionsDatabase is a table of the store.
	SessionsDatabase SessionStore = "database"
	// SessionsVolume is a file for each login on a shared volume.
	SessionsVolume SessionStore = "volume"
	// SessionsCookie is the client: a cookie that is signed, not secret.
	SessionsCookie SessionStore = "cookie"
)

// SessionStores lists the session stores.
func SessionStores() []SessionStore {
	return []SessionStore{SessionsMemory, SessionsCache, SessionsDatabase, SessionsVolume, SessionsCookie}
}

// Sessions says where a web server keeps logins. The zero value is memory.
type Sessions struct {
	Store SessionStore `json:"store,omitempty"`
	// Roles are the cache roles, or the one volume role, that hold them.
	Roles []string `json:"roles,omitempty"`
	// Key signs cookies: at least 32 bytes in hexadecimal, the same for
	// every web server.
	Key string `json:"key,omitempty"`
}

// uses lists what a web server needs to answer.
func (w Web) uses() []string {
	uses := slices.Concat(w.Data().uses(), w.Queues)
	if w.Cache != nil {
		uses = append(uses, w.Cache.Nodes...)
	}
	return once(append(uses, w.Sessions.Roles...))
}

// Data is the web server's way to the data.
func (w Web) Data() DataTier {
	return DataTier{Store: w.Store, Members: w.Members, Sharding: w.Sharding, Follows: w.Follows, Connections: w.Connections}
}
