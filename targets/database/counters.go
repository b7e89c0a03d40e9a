package database

import (
	"sync/atomic"

	"rung/targets"
)

// counters count what the server did since it was made.
type counters struct {
	connections         atomic.Int64 // open now
	read, join, write   atomic.Int64
	errors, commits     atomic.Int64
	connectionsAccepted atomic.Int64
	connectionsRefused  atomic.Int64
}

func (c *counters) statement(class targets.Statement) {
	switch class {
	case targets.StatementRead:
		c.read.Add(1)
	case targets.StatementJoin:
		c.join.Add(1)
	case targets.StatementWrite:
		c.write.Add(1)
	}
}

// Metrics returns the role's counters and gauges by name:
//
//	connections                  open client connections (gauge)
//	connections_accepted_total   connections that finished their start
//	connections_refused_total    connections refused with SQLSTATE 53300
//	statements_read_total        statements of each class that were begun,
//	statements_join_total        those that then failed included
//	statements_write_total
//	errors_total                 errors sent to clients
//	commits_total                real commits of transactions that wrote
//	pool_hits_total              pages that were in memory
//	pool_misses_total            pages that cost a disk access
func (s *Server) Metrics() map[string]float64 {
	hits, misses := s.pages.Counts()
	m := map[string]float64{
		"connections":                float64(s.counters.connections.Load()),
		"connections_accepted_total": float64(s.counters.connectionsAccepted.Load()),
		"connections_refused_total":  float64(s.counters.connectionsRefused.Load()),
		"statements_read_total":      float64(s.counters.read.Load()),
		"statements_join_total":      float64(s.counters.join.Load()),
		"statements_write_total":     float64(s.counters.write.Load()),
		"errors_total":               float64(s.counters.errors.Load()),
		"commits_total":              float64(s.counters.commits.Load()),
		"pool_hits_total":            float64(hits),
		"pool_misses_total":          float64(misses),
	}
	if s.member != nil {
		s.member.metrics(m)
	}
	return m
}
