package database

import (
	"rung/targets"
	"rung/targets/replication"
)

// Events returns what happened to the member of a group, oldest first; none of a
// database that stands alone.
func (s *Server) Events() []targets.Event {
	if s.member == nil {
		return nil
	}
	return s.member.group.Events()
}

// Histograms returns how far behind its primary a member applied each write:
// replication_lag_ns, the time from the primary's commit to the commit here, and
// replication_lag_operations, the entries that the primary was ahead then. None
// of a database that stands alone.
func (s *Server) Histograms() map[string]targets.Histogram {
	if s.member == nil {
		return nil
	}
	return s.member.lag.histograms()
}

// metrics adds those of a member:
//
//	replication_primary             1 when writes are accepted here (gauge)
//	replication_joined              1 when it holds its group's data (gauge)
//	replication_term                the term (gauge)
//	replication_applied_index       the last entry of the own log (gauge)
//	replication_lag_operations      entries behind the primary, as last heard (gauge)
//	replication_lag_ns              age of the last applied entry when behind,
//	                                otherwise 0 (gauge)
//	replication_diverged            transactions that only this member holds (gauge)
//	replication_log_bytes           operations and rows in the log (gauge)
//	replication_applied_total       entries applied as a replica, and the own terms'
//	                                barriers
//	replication_snapshots_total     snapshots made for others
//	replication_restores_total      snapshots restored here
//	replication_read_only_total     writes refused with SQLSTATE 25006
//	replication_bytes_total         messages and snapshots sent to other members,
//	                                in bytes before they were compressed
//	replication_wire_bytes_total    the bytes that were sent for them
//	replication_compress_ns_total   time in the compressor
func (m *member) metrics(out map[string]float64) {
	s, writable := m.group.Status(), m.group.Writable()
	behind := behind(s)
	age := int64(0)
	if at := m.latest.Load(); behind > 0 && at != 0 {
		age = max(m.now().UnixNano()-at, 0)
	}
	out["replication_primary"] = flag(writable)
	out["replication_joined"] = flag(m.joined())
	out["replication_term"] = float64(s.Term)
	out["replication_applied_index"] = float64(m.end().Index)
	out["replication_lag_operations"] = float64(behind)
	out["replication_lag_ns"] = float64(age)
	out["replication_diverged"] = float64(m.keepsake.count())
	out["replication_log_bytes"] = float64(m.bytes())
	out["replication_applied_total"] = float64(m.applied.Load())
	out["replication_snapshots_total"] = float64(m.snapshots.Load())
	out["replication_restores_total"] = float64(m.restores.Load())
	sent := m.group.Traffic()
	out["replication_bytes_total"] = float64(sent.Bytes)
	out["replication_wire_bytes_total"] = float64(sent.Wire)
	out["replication_compress_ns_total"] = float64(sent.Compressing.Nanoseconds())
	out["replication_read_only_total"] = float64(m.readOnly.Load())
}

// behind is how many entries a member lacks of its primary's, as last heard.
func behind(s replication.Status) uint64 {
	if s.PrimaryLast.Index <= s.Last.Index {
		return 0
	}
	return s.PrimaryLast.Index - s.Last.Index
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
