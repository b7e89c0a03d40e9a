package database

import (
	"context"
	"database/sql/driver"
	"encoding/json"
)

// callRecover is the one procedure that does something. The other one lists the
// rows of queryDiverged.
const callRecover = "rung_recover"

// classifyCall reads CALL rung_recover() or CALL rung_diverged().
func (st *statement) classifyCall() {
	st.verb = verbCall
	switch {
	case st.word(1) == string(queryDiverged):
		st.query = queryDiverged
	case st.word(1) != callRecover:
		st.refused = fail(codeNoFunction, "only %s() and %s() can be called", callRecover, queryDiverged)
		return
	}
	switch {
	case len(st.tokens) != 4 || !st.tokens[2].is("(") || !st.tokens[3].is(")"):
		st.refused = st.syntax(2)
	}
}

func callColumns() []column {
	return []column{{"restored", oidInt8}, {"present", oidInt8}, {"conflicts", oidInt8}}
}

// call runs Recover and returns what it did, in one row, or answers a query.
func (s *session) call(ctx context.Context, st *statement, to *sink) error {
	if st.query != "" {
		return s.selectOwn(st, to)
	}
	if s.server.member == nil {
		return fail(codeNotReady, "this database is no member of a group")
	}
	if s.block.status != idle && !s.block.implicit {
		return fail(codeActive, "%s cannot be called in a transaction", callRecover)
	}
	did, err := s.server.Recover(ctx)
	if err != nil {
		return err
	}
	return to.add([]driver.Value{did.Restored, did.Present, did.Conflicts})
}

// ownQuery is a query that the server answers itself, because SQLite does not
// know what it is about.
type ownQuery string

const (
	// queryRecovery is PostgreSQL's SELECT pg_is_in_recovery().
	queryRecovery ownQuery = "pg_is_in_recovery"
	// queryDiverged is SELECT * FROM rung_diverged: the transactions that only
	// this member holds.
	queryDiverged ownQuery = "rung_diverged"
)

// classifyOwn finds a query of the server's own; it has exactly this form.
func (st *statement) classifyOwn() bool {
	switch {
	case st.reads("select", string(queryRecovery), "(", ")"), st.reads("select", "pg_catalog", ".", string(queryRecovery), "(", ")"):
		st.query = queryRecovery
	case st.reads("select", "*", "from", string(queryDiverged)):
		st.query = queryDiverged
	default:
		return false
	}
	st.verb = verbSelect
	return true
}

// reads says whether the statement consists of these words and operators.
func (st *statement) reads(words ...string) bool {
	if len(st.tokens) != len(words) {
		return false
	}
	for i, w := range words {
		if t := st.tokens[i]; t.name() != w && !t.is(w) {
			return false
		}
	}
	return true
}

func (q ownQuery) columns() []column {
	if q == queryRecovery {
		return []column{{string(q), oidBool}}
	}
	return []column{{"term", oidInt8}, {"entry", oidInt8}, {"at_unix_ns", oidInt8}, {"changes", oidText}, {"reason", oidText}}
}

// selectOwn answers a query of the server's own. It costs nothing.
func (s *session) selectOwn(st *statement, to *sink) error {
	if st.query == queryRecovery {
		recovering := int64(0)
		if s.server.standby() {
			recovering = 1
		}
		return to.add([]driver.Value{recovering})
	}
	if s.server.member == nil {
		return nil
	}
	for _, d := range s.server.member.keepsake.list() {
		var what any = d.Rows
		if len(d.Rows) == 0 {
			what = d.SQL
		}
		changes, err := json.Marshal(what)
		if err != nil {
			return err
		}
		if err := to.add([]driver.Value{int64(d.Term), int64(d.Index), d.At, string(changes), d.Reason}); err != nil {
			return err
		}
	}
	return nil
}
