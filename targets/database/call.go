package database

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"strconv"

	"rung/targets"
)

// The procedures that can be called.
const (
	callRecover  = "rung_recover"
	callDiverged = "rung_diverged"
	callRestore  = "rung_restore"
)

// classifyCall reads CALL procedure([text]).
func (st *statement) classifyCall() {
	st.verb = verbCall
	switch st.word(1) {
	case callRecover, callDiverged:
		if len(st.tokens) == 4 && st.tokens[2].is("(") && st.tokens[3].is(")") {
			return
		}
	case callRestore:
		if len(st.tokens) == 5 && st.tokens[2].is("(") && st.tokens[3].kind == tokenText && st.tokens[4].is(")") {
			return
		}
	default:
		st.refused = fail(codeNoFunction, "only %s() and %s() can be called", callRecover, callDiverged)
		return
	}
	st.refused = st.syntax(2)
}

func callColumns(st *statement) []column {
	switch st.word(1) {
	case callRecover:
		return []column{{"restored", oidText}, {"present", oidText}, {"conflicts", oidText}}
	case callDiverged:
		return []column{{"entry", oidText}, {"term", oidText}, {"changes", oidText}, {"reason", oidText}}
	}
	return []column{{"outcome", oidText}, {"reason", oidText}}
}

// call runs a procedure of the server's own.
func (s *session) call(ctx context.Context, st *statement, to *sink) error {
	if s.server.member == nil {
		return fail(codeNotReady, "this database is no member of a group")
	}
	if s.block.status != idle && !s.block.implicit {
		return fail(codeActive, "%s cannot be called in a transaction", st.word(1))
	}
	switch st.word(1) {
	case callRecover:
		did, err := s.server.Recover(ctx)
		if err != nil {
			return err
		}
		return to.add([]driver.Value{text(did.Restored), text(did.Present), text(did.Conflicts)})
	case callDiverged:
		for _, d := range s.server.member.keepsake.list() {
			changes, err := json.Marshal(d.Change)
			if err != nil {
				return err
			}
			if err := to.add([]driver.Value{text(int64(d.Index)), text(int64(d.Term)), string(changes), d.Reason}); err != nil {
				return err
			}
		}
		return nil
	}
	var d diverged
	if err := json.Unmarshal([]byte(st.tokens[3].text), &d); err != nil {
		return fail(codeBadParameter, "not a write of a member: %v", err)
	}
	result, reason, err := s.restoreWrite(ctx, d)
	if err != nil {
		return err
	}
	return to.add([]driver.Value{string(result), reason})
}

// Events returns what happened to the member of a group, oldest first.
func (s *Server) Events() []targets.Event {
	if s.member == nil {
		return nil
	}
	return s.member.group.Events()
}

// Histograms returns how far behind its primary a member applied writes:
// replication_lag_ns and replication_lag_operations.
func (s *Server) Histograms() map[string]targets.Histogram {
	if s.member == nil {
		return nil
	}
	return s.member.lag.histograms()
}

// metrics adds those of a member:
//
//	replication_primary               1 when writes are accepted here (gauge)
//	replication_joined                1 when it holds its group's data (gauge)
//	replication_term                  the term (gauge)
//	replication_applied_index         the last entry of the own log (gauge)
//	replication_lag_operations        entries behind the primary, as last heard (gauge)
//	replication_diverged              writes that only this member holds (gauge)
//	replication_applied_total         entries applied as a replica
//	replication_snapshots_total       snapshots made for others
//	replication_restores_total        snapshots restored here
//	replication_read_only_total       writes refused with SQLSTATE 25006
func (m *member) metrics(out map[string]float64) {
	flag := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	s := m.group.Status()
	behind := 0.0
	if s.PrimaryLast.Index > s.Last.Index {
		behind = float64(s.PrimaryLast.Index - s.Last.Index)
	}
	out["replication_primary"] = flag(m.group.Writable())
	out["replication_joined"] = flag(m.joined())
	out["replication_term"] = float64(s.Term)
	out["replication_applied_index"] = float64(m.end().Index)
	out["replication_lag_operations"] = behind
	out["replication_diverged"] = float64(len(m.keepsake.list()))
	out["replication_applied_total"] = float64(m.applied.Load())
	out["replication_snapshots_total"] = float64(m.snapshots.Load())
	out["replication_restores_total"] = float64(m.restores.Load())
	out["replication_read_only_total"] = float64(m.readOnly.Load())
}

func text(n int64) string { return strconv.FormatInt(n, 10) }
