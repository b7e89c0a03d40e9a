package database

import (
	"context"
	"database/sql/driver"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// utility runs what concerns the session and never reaches SQLite.
func (s *session) utility(ctx context.Context, st *statement, to *sink) (string, error) {
	var f *failure
	switch st.verb {
	case verbBegin:
		f = s.begin(st)
	case verbCommit:
		switch {
		case s.block.status == failed:
			s.rollback()
			return string(verbRollback), nil
		case s.block.status == idle || s.block.implicit:
			s.out.warn(codeNoBlock, "there is no transaction in progress")
		}
		return string(verbCommit), s.commit(ctx)
	case verbRollback:
		if s.block.status == idle || s.block.implicit {
			s.out.warn(codeNoBlock, "there is no transaction in progress")
		}
		s.rollback()
	case verbSet:
		f = s.set(st)
	case verbShow:
		return string(verbShow), s.show(st, to)
	case verbReset:
		f = s.resetSetting(st)
	case verbDiscard:
		return s.discard(st)
	case verbDeallocate:
		f = s.deallocate(st)
	case verbCall:
		return string(verbCall), s.call(ctx, st, to)
	case verbSelect:
		if err := s.selectOwn(st, to); err != nil {
			return "", err
		}
		return string(verbSelect) + " " + strconv.FormatInt(to.rows, 10), nil
	}
	if f != nil {
		return "", f
	}
	return string(st.verb), nil
}

// begin reads BEGIN or START TRANSACTION with its modes.
func (s *session) begin(st *statement) *failure {
	i := 1
	if st.word(i) == "work" || st.word(i) == "transaction" {
		i++
	}
	readOnly, f := modes(st, i)
	if f != nil {
		return f
	}
	if s.block.status != idle && !s.block.implicit {
		s.out.warn(codeActive, "there is already a transaction in progress")
	}
	s.block.begin(false, readOnly || s.readOnlyByDefault())
	return nil
}

// modes reads transaction modes from token i on.
func modes(st *statement, i int) (readOnly bool, f *failure) {
	for i < len(st.tokens) {
		switch first, second := st.word(i), st.word(i+1); {
		case st.tokens[i].is(","):
			i++
		case first == "isolation" && second == "level":
			level := st.word(i+2) + " " + st.word(i+3)
			if level != "read committed" && level != "read uncommitted" {
				return false, fail(codeUnsupported, "only the isolation level READ COMMITTED is supported")
			}
			i += 4
		case first == "read" && second == "only":
			readOnly = true
			i += 2
		case first == "read" && second == "write":
			readOnly = false
			i += 2
		case first == "deferrable":
			i++
		case first == "not" && second == "deferrable":
			i += 2
		default:
			return false, st.syntax(i)
		}
	}
	return readOnly, nil
}

// set reads SET [SESSION | LOCAL] name { = | TO } value and its older forms.
func (s *session) set(st *statement) *failure {
	i := 1
	if st.word(i) == "session" && st.word(i+1) == "characteristics" {
		i += 3 // SESSION CHARACTERISTICS AS
	} else if st.word(i) == "session" || st.word(i) == "local" {
		i++
	}
	switch {
	case st.word(i) == "transaction":
		readOnly, f := modes(st, i+1)
		s.block.readOnly = f == nil && readOnly && s.block.status != idle || s.block.readOnly
		return f
	case st.word(i) == "time" && st.word(i+1) == "zone":
		return s.put("TimeZone", st, i+2)
	case st.word(i) == "names":
		return s.put("client_encoding", st, i+1)
	}
	name, next := settingName(st, i)
	if name == "" {
		return st.syntax(i)
	}
	if st.word(next) != "to" && (next >= len(st.tokens) || !st.tokens[next].is("=")) {
		return st.syntax(next)
	}
	return s.put(name, st, next+1)
}

// put sets a parameter to the values from token i on.
func (s *session) put(name string, st *statement, i int) *failure {
	if i >= len(st.tokens) {
		return st.syntax(i)
	}
	if st.word(i) == "default" {
		return s.report(s.settings.reset(name))
	}
	var values []string
	sign := ""
	for ; i < len(st.tokens); i++ {
		switch t := st.tokens[i]; {
		case t.is(","):
		case t.is("-"):
			sign = "-"
		case t.kind == tokenOp || t.kind == tokenParam:
			return st.syntax(i)
		default:
			values = append(values, sign+t.text)
			sign = ""
		}
	}
	return s.report(s.settings.put(name, strings.Join(values, ", ")))
}

// report tells the client a parameter's new value, if it is one to report.
func (s *session) report(k setting, f *failure) *failure {
	if f == nil && k.report {
		s.out.send(&pgproto3.ParameterStatus{Name: k.name, Value: s.settings.get(k.name)})
	}
	return f
}

// settingName reads a name, with dots, from token i on.
func settingName(st *statement, i int) (name string, next int) {
	if i >= len(st.tokens) {
		return "", i
	}
	name = st.tokens[i].name()
	for i++; i+1 < len(st.tokens) && st.tokens[i].is("."); i += 2 {
		name += "." + st.tokens[i+1].name()
	}
	return name, i
}

// shown returns the parameter that SHOW asks for; "all" is all of them.
func shown(st *statement) string {
	switch {
	case st.word(1) == "time" && st.word(2) == "zone":
		return "TimeZone"
	case st.word(1) == "transaction" && st.word(2) == "isolation":
		return "transaction_isolation"
	}
	name, _ := settingName(st, 1)
	return name
}

func showColumns(st *statement) []column {
	if shown(st) == "all" {
		return []column{{"name", oidText}, {"setting", oidText}}
	}
	return []column{{shown(st), oidText}}
}

func (s *session) show(st *statement, to *sink) error {
	name := shown(st)
	if name == "" {
		return st.syntax(1)
	}
	if name == "all" {
		for _, n := range s.settings.names() {
			if err := to.add([]driver.Value{n, s.setting(n)}); err != nil {
				return err
			}
		}
		return nil
	}
	k, f := s.settings.find(name)
	if f != nil {
		return f
	}
	return to.add([]driver.Value{s.setting(k.name)})
}

// setting is the value of a parameter now.
func (s *session) setting(name string) string {
	switch name {
	case standbyParameter:
		return s.standbyNow()
	case "transaction_read_only":
		return s.readOnlyNow()
	}
	return s.settings.get(name)
}

func (s *session) resetSetting(st *statement) *failure {
	name, next := settingName(st, 1)
	if name == "" || next < len(st.tokens) {
		return st.syntax(next)
	}
	if name == "all" {
		name = ""
	}
	return s.report(s.settings.reset(name))
}

func (s *session) discard(st *statement) (string, error) {
	what := st.word(1)
	switch what {
	case "all":
		if s.block.status != idle {
			return "", fail(codeActive, "DISCARD ALL cannot run inside a transaction block")
		}
		s.forget()
		_, _ = s.settings.reset("")
	case "plans", "sequences", "temp", "temporary":
	default:
		return "", st.syntax(1)
	}
	return "DISCARD " + strings.ToUpper(what), nil
}

func (s *session) deallocate(st *statement) *failure {
	i := 1
	if st.word(i) == "prepare" {
		i++
	}
	if i >= len(st.tokens) || st.tokens[i].name() == "" {
		return st.syntax(i)
	}
	if st.word(i) == "all" {
		s.forgetStatements()
		return nil
	}
	name := st.tokens[i].text
	if _, ok := s.prepared[name]; !ok {
		return fail(codeNoStatement, "prepared statement %q does not exist", clip(name))
	}
	s.closeStatement(name)
	return nil
}
