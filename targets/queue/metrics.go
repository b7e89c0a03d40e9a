package queue

// Metrics returns counters, which only grow from the start of the process, and
// gauges:
//
//	messages, bytes      in the stream
//	pending              the backlog: not acknowledged, out or not (= messages)
//	in_flight            delivered and not acknowledged
//	waiting_pulls        requests of idle workers
//	connections          of clients
//	published_total      messages stored
//	duplicates_total     publishes that were not stored, because the id was there
//	refused_total        publishes refused because an emulated queue was full
//	rejected_total       publishes refused by the stream, which is full
//	delivered_total      messages sent to the consumer "workers"
//	redelivered_total    of these, those that had been sent before
//	acked_total          messages that left the stream: acknowledged, or taken
//	                     out by a client
//	syncs_total          emulated: with SyncAlways one per message, with
//	                     SyncInterval one per saved state
//	discarded_messages   messages that an emulated power cut took at the start
//	violations_total     connections that broke the protocol
//
// When the NATS server does not tell its state, which it does unless it is
// shutting down, the figures of the stream are missing.
func (s *Server) Metrics() map[string]float64 {
	t := &s.tally
	m := map[string]float64{
		"duplicates_total":   float64(t.duplicates.Load()),
		"refused_total":      float64(t.refused.Load()),
		"rejected_total":     float64(t.rejected.Load()),
		"delivered_total":    float64(t.delivered.Load()),
		"redelivered_total":  float64(t.redelivered.Load()),
		"syncs_total":        float64(t.syncs.Load()),
		"discarded_messages": float64(t.discarded.Load()),
		"violations_total":   float64(t.violations.Load()),
	}
	f, err := s.broker.figures()
	if err != nil {
		return m
	}
	stored := float64(f.lastSeq) - float64(s.base.lastSeq)
	m["messages"], m["bytes"] = float64(f.messages), float64(f.bytes)
	m["pending"], m["in_flight"] = float64(f.messages), float64(f.out)
	m["waiting_pulls"], m["connections"] = float64(f.waiting), float64(f.connections)
	m["published_total"] = stored
	m["acked_total"] = stored - (float64(f.messages) - float64(s.base.messages))
	return m
}
