package cache

import (
	"fmt"
	"os"
	"strings"
	"time"

	"rung/targets/resp"
)

// usage is what the engine holds at one moment, and its counters.
type usage struct {
	bytes             int64
	entries, expiring int
	counts
}

func (e *engine) usage() usage {
	e.begin()
	defer e.mu.Unlock()
	return usage{bytes: e.order.Cost(), entries: len(e.items), expiring: len(e.due), counts: e.counts}
}

// info answers INFO [section ...] in Redis' format. Its used_memory is what
// maxmemory bounds, not what the process has.
func (s *Server) info(sections [][]byte) resp.Reply {
	u := s.engine.usage()
	keyspace := ""
	if u.entries > 0 {
		keyspace = fmt.Sprintf("db0:keys=%d,expires=%d\r\n", u.entries, u.expiring)
	}
	all := []struct{ name, body string }{
		{"Server", fmt.Sprintf("server_name:rung\r\nrole_name:%s\r\nredis_mode:standalone\r\nprocess_id:%d\r\nuptime_in_seconds:%d\r\n",
			s.config.Role, os.Getpid(), int(time.Since(s.started).Seconds()))},
		{"Clients", fmt.Sprintf("connected_clients:%d\r\n", s.resp.Connections())},
		{"Memory", fmt.Sprintf("used_memory:%d\r\nmaxmemory:%d\r\nmaxmemory_policy:allkeys-%s\r\n", u.bytes, s.settings.Bytes, s.settings.Policy)},
		{"Stats", fmt.Sprintf("total_commands_processed:%d\r\nexpired_keys:%d\r\nevicted_keys:%d\r\nkeyspace_hits:%d\r\nkeyspace_misses:%d\r\ntotal_error_replies:%d\r\n",
			s.carried.Load(), u.expirations, u.evictions, u.hits, u.misses, s.resp.Errors())},
		{"Replication", "role:master\r\nconnected_slaves:0\r\n"},
		{"Keyspace", keyspace},
	}
	var text []string
	for _, section := range all {
		if asked(sections, section.name) {
			text = append(text, "# "+section.name+"\r\n"+section.body)
		}
	}
	return resp.Bulk(strings.Join(text, "\r\n"))
}

func asked(sections [][]byte, name string) bool {
	for _, s := range sections {
		if option(s, name) || option(s, "all") || option(s, "default") || option(s, "everything") {
			return true
		}
	}
	return len(sections) == 0
}
