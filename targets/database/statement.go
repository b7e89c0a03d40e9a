package database

import (
	"rung/targets"
	"rung/targets/trace"
)

// verb is what a statement does, in the words of its command tag.
type verb string

const (
	verbSelect      verb = "SELECT"
	verbInsert      verb = "INSERT"
	verbUpdate      verb = "UPDATE"
	verbDelete      verb = "DELETE"
	verbCreateTable verb = "CREATE TABLE"
	verbCreateIndex verb = "CREATE INDEX"
	verbExplain     verb = "EXPLAIN"
	verbBegin       verb = "BEGIN"
	verbCommit      verb = "COMMIT"
	verbRollback    verb = "ROLLBACK"
	verbSet         verb = "SET"
	verbShow        verb = "SHOW"
	verbReset       verb = "RESET"
	verbDiscard     verb = "DISCARD"
	verbDeallocate  verb = "DEALLOCATE"
	verbCall        verb = "CALL"
)

// statement is one parsed statement. It is not changed after it is made.
type statement struct {
	tokens []token
	verb   verb
	// refused says why it cannot be run, or is nil.
	refused *failure

	// The rest is set for what SQLite runs.

	// sql is the text for SQLite.
	sql string
	// class is what the statement costs; "" is nothing.
	class targets.Statement
	// write says that it changes the database.
	write bool
	// params is the highest parameter number.
	params int
	// casts are the types that the text gives to parameters.
	casts map[int]uint32
	// tables are those it reads or writes.
	tables []source
	// key finds the pages that a read touches, or an UPDATE or a DELETE before it
	// changes rows.
	key key
	// trace is that of the comment behind the statement, when it is sampled, or
	// nil.
	trace *trace.Context
	// undetermined is a function whose result differs on every server.
	undetermined string

	// query is one that the server answers itself.
	query ownQuery
}

// empty reports whether there is nothing to run.
func (st *statement) empty() bool { return len(st.tokens) == 0 && st.refused == nil }

// engine reports whether SQLite runs the statement.
func (st *statement) engine() bool { return st.sql != "" }

// parse takes a script apart into its statements; empty ones are left out.
func parse(script string) ([]*statement, *failure) {
	tokens, f := scan(script)
	if f != nil {
		return nil, f
	}
	var statements []*statement
	for len(tokens) > 0 {
		end := 0
		for end < len(tokens) && tokens[end].kind != tokenEnd {
			end++
		}
		if end > 0 {
			st := &statement{tokens: tokens[:end:end], trace: traceOf(script, tokens, end)}
			st.classify()
			if st.refused != nil && st.refused.code == codeSyntax {
				return nil, st.refused
			}
			statements = append(statements, st)
		}
		tokens = tokens[min(end+1, len(tokens)):]
	}
	return statements, nil
}

// traceOf reads the comment behind the first statement of tokens, which ends at
// one of them or with the script.
func traceOf(script string, tokens []token, end int) *trace.Context {
	until := len(script)
	if end < len(tokens) {
		until = tokens[end].at
	}
	if c, ok := trace.FromComment(script[tokens[0].at:until]); ok && c.Sampled {
		return &c
	}
	return nil
}

// word returns the word at a place of the statement in lower case, or "".
func (st *statement) word(i int) string {
	if i < len(st.tokens) {
		return st.tokens[i].low
	}
	return ""
}

// classify finds out what the statement does. The first keyword must be on the
// list: nothing else ever reaches SQLite.
func (st *statement) classify() {
	switch first := st.word(0); first {
	case "select", "values", "with", "insert", "update", "delete":
		st.classifyData(0)
	case "create":
		st.classifyCreate()
	case "explain":
		st.classifyExplain()
	case "begin", "start":
		st.verb = verbBegin
		if first == "start" && st.word(1) != "transaction" {
			st.refused = st.syntax(1)
		}
	case "commit", "end":
		st.verb = verbCommit
		st.plainEnd()
	case "rollback", "abort":
		st.verb = verbRollback
		st.plainEnd()
	case "set":
		st.verb = verbSet
	case "show":
		st.verb = verbShow
	case "reset":
		st.verb = verbReset
	case "discard":
		st.verb = verbDiscard
	case "deallocate":
		st.verb = verbDeallocate
	case "call":
		st.classifyCall()
	case "alter", "analyze", "attach", "checkpoint", "close", "cluster", "comment", "copy", "declare",
		"detach", "do", "drop", "execute", "fetch", "grant", "listen", "load", "lock", "merge", "move", "notify",
		"pragma", "prepare", "reassign", "refresh", "reindex", "release", "replace", "revoke", "savepoint",
		"security", "table", "truncate", "unlisten", "vacuum":
		st.refused = fail(codeUnsupported, "%s is not supported", first)
	default:
		st.refused = st.syntax(0)
	}
}

// syntax is the error at one of the statement's tokens.
func (st *statement) syntax(i int) *failure {
	if i >= len(st.tokens) {
		return fail(codeSyntax, "syntax error at end of input")
	}
	f := fail(codeSyntax, "syntax error at or near \"%s\"", st.tokens[i].text)
	f.position = st.tokens[i].at + 1
	return f
}

// plainEnd accepts COMMIT and ROLLBACK with their noise words only.
func (st *statement) plainEnd() {
	for i := 1; i < len(st.tokens); i++ {
		switch st.word(i) {
		case "work", "transaction":
		case "and": // AND NO CHAIN
			if st.word(i+1) == "no" && st.word(i+2) == "chain" {
				return
			}
			st.refused = fail(codeUnsupported, "AND CHAIN is not supported")
			return
		case "to", "prepared":
			st.refused = fail(codeUnsupported, "savepoints and two-phase commit are not supported")
			return
		default:
			st.refused = st.syntax(i)
			return
		}
	}
}

// classifyData classifies what reads or writes rows, from its first keyword on.
func (st *statement) classifyData(from int) {
	if st.classifyOwn() {
		return
	}
	switch st.dataVerb(from) {
	case "select", "values":
		st.verb, st.class = verbSelect, targets.StatementRead
	case "insert":
		st.verb, st.class, st.write = verbInsert, targets.StatementWrite, true
	case "update":
		st.verb, st.class, st.write = verbUpdate, targets.StatementWrite, true
	case "delete":
		st.verb, st.class, st.write = verbDelete, targets.StatementWrite, true
	default:
		st.refused = st.syntax(len(st.tokens))
		return
	}
	for i, t := range st.tokens {
		cast := i > 0 && st.tokens[i-1].is("::")
		if name := t.name(); !cast && (name == "pg_catalog" || name == "information_schema") {
			st.refused = fail(codeUnsupported, "the system catalogs are not supported")
			st.refused.hint = "SELECT name, sql FROM sqlite_schema lists the tables."
			return
		}
		st.params = max(st.params, t.param)
	}
	st.compile(st.tokens, "")
	if st.refused != nil {
		return
	}
	st.tables = sources(st.tokens)
	if st.class == targets.StatementRead && isJoin(st.tokens) {
		st.class = targets.StatementJoin
	}
	if st.verb != verbInsert {
		st.key = findKey(st.tokens, st.tables)
	}
	if st.write {
		st.undetermined = undetermined(st.tokens)
	}
}

// dataVerb is the keyword of the statement proper, behind a WITH clause.
func (st *statement) dataVerb(from int) string {
	depth := 0
	for i := from; i < len(st.tokens); i++ {
		t := st.tokens[i]
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth == 0:
			switch t.low {
			case "select", "values", "insert", "update", "delete":
				return t.low
			}
		}
	}
	return ""
}

func (st *statement) compile(tokens []token, prefix string) {
	sql, casts, f := rewrite(tokens)
	if f != nil {
		st.refused = f
		return
	}
	st.sql, st.casts = prefix+sql, casts
}

func (st *statement) classifyCreate() {
	switch {
	case st.word(1) == "table":
		st.verb = verbCreateTable
	case st.word(1) == "index", st.word(1) == "unique" && st.word(2) == "index":
		st.verb = verbCreateIndex
	default:
		st.refused = fail(codeUnsupported, "only CREATE TABLE and CREATE INDEX are supported")
		return
	}
	for i, t := range st.tokens {
		if name := t.name(); (name == "temp" || name == "main") && i+1 < len(st.tokens) && st.tokens[i+1].is(".") {
			st.refused = fail(codeUnsupported, "schema \"%s\" is not supported", name)
			return
		}
	}
	st.class, st.write = targets.StatementWrite, true
	st.undetermined = undetermined(st.tokens)
	st.compile(st.tokens, "")
}

// classifyExplain turns EXPLAIN into SQLite's query plan. The statement is not
// run and costs nothing.
func (st *statement) classifyExplain() {
	from := 1
	if st.word(1) == "query" && st.word(2) == "plan" {
		from = 3
	}
	inner := &statement{tokens: st.tokens[min(from, len(st.tokens)):]}
	switch inner.word(0) {
	case "select", "values", "with", "insert", "update", "delete":
		inner.classifyData(0)
	default:
		st.refused = fail(codeUnsupported, "only EXPLAIN of a plain statement is supported")
		return
	}
	if inner.query != "" {
		st.refused = fail(codeUnsupported, "the server answers %s itself", inner.query)
		return
	}
	st.verb, st.refused, st.params, st.casts = verbExplain, inner.refused, inner.params, inner.casts
	st.tables = inner.tables
	if inner.refused == nil {
		st.sql = "EXPLAIN QUERY PLAN " + inner.sql
	}
}
