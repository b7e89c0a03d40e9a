package monitor

// Metrics returns counters, which only grow from the start of the process, and
// gauges:
//
//	kept_lines               lines kept now
//	kept_bytes               what they cost of the settings' bytes
//	lines_total              lines taken
//	node_lines_total{source="<node>",level="<level>"}
//	                         of these, by node and named level; the nodes after
//	                         the 256th are "(other)"
//	evicted_total            of these, gone because newer ones needed the room
//	invalid_total            lines kept out: no JSON object in UTF-8
//	long_total               lines kept out: too long
//	node_dropped_total{source="<node>"}
//	                         lines that the node's processes said to have lost
//	                         before they could send them
//	batches_total            batches taken
//	duplicates_total         batches that were here before, and were not taken
//	broken_total             batches that were too big, or did not come to an end
//	refused_total            batches refused because the CPU's queue was full
//	searches_total           searches, those by the page included
//	searches_refused_total   of these, refused: too many at once
//	connections              connections open now
//	connections_refused_total  closed at once: too many
//
// and of the requests that web servers answered 2xx, see the package's comment:
//
//	daily_active_users       users with a session, a login or a write since
//	                         midnight UTC, each once, whichever servers they
//	                         came to. Exact up to 1,048,576
//	daily_active_users_full  1 when there were more
//	orders_viewed_total      lists of orders
//	posts_total, photos_total, logins_total
func (s *Server) Metrics() map[string]float64 {
	m := map[string]float64{
		"connections":               float64(s.connections.Load()),
		"connections_refused_total": float64(s.refusedConnections.Load()),
		"broken_total":              float64(s.brokenBatches.Load()),
		"refused_total":             float64(s.refused.Load()),
		"searches_total":            float64(s.searched.Load()),
		"searches_refused_total":    float64(s.refusedSearch.Load()),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.metrics(m)
	m["kept_lines"] = float64(s.journal.lines)
	m["kept_bytes"] = float64(s.journal.cost)
	m["evicted_total"] = float64(s.journal.evicted)
	users, full := s.business.active(s.config.Now())
	m["daily_active_users"] = float64(users)
	m["daily_active_users_full"] = 0
	if full {
		m["daily_active_users_full"] = 1
	}
	m["orders_viewed_total"] = float64(s.business.ordersViewed)
	m["posts_total"] = float64(s.business.posts)
	m["photos_total"] = float64(s.business.photos)
	m["logins_total"] = float64(s.business.logins)
	return m
}
