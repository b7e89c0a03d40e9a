package keyvalue

import (
	"fmt"
	"os"
	"strings"
	"time"

	"rung/targets/resp"
)

// info answers INFO [section ...] in Redis' format.
func (s *Server) info(sections [][]byte) resp.Reply {
	size, err := s.engine.view(func(t txn) (resp.Reply, error) { return resp.Int(t.size()), nil })
	if err != nil {
		return resp.Error("ERR " + err.Error())
	}
	hits, misses := s.pool.Counts()
	all := []struct{ name, body string }{
		{"Server", fmt.Sprintf("server_name:rung\r\nrole_name:%s\r\nredis_mode:standalone\r\nprocess_id:%d\r\nuptime_in_seconds:%d\r\n",
			s.config.Role, os.Getpid(), int(time.Since(s.started).Seconds()))},
		{"Clients", fmt.Sprintf("connected_clients:%d\r\n", s.resp.Connections())},
		{"Persistence", fmt.Sprintf("fsync:%s\r\ncommits:%d\r\n", s.spec.Fsync, s.engine.commits.Load())},
		{"Stats", fmt.Sprintf("total_gets:%d\r\ntotal_sets:%d\r\ntotal_error_replies:%d\r\npool_hits:%d\r\npool_misses:%d\r\n",
			s.gets.Load(), s.sets.Load(), s.resp.Errors(), hits, misses)},
		{"Replication", "role:master\r\nconnected_slaves:0\r\n"},
		{"Keyspace", fmt.Sprintf("db0:keys=%d,expires=0,avg_ttl=0\r\n", size)},
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
