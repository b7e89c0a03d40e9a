package database

// inference works out types that SQLite does not know before a statement runs:
// those of parameters and of expressions. PostgreSQL's clients want them in
// advance. A wrong guess is harmless in text format: the value is sent as it is.
type inference struct {
	statement *statement
	catalog   catalog
	// params are the types of parameters, by number less one; 0 is unknown.
	params []uint32
}

// infer finds the parameters' types: those the client declared first, then those
// of casts, then those of the columns they meet.
func infer(st *statement, c catalog, declared []uint32) inference {
	in := inference{statement: st, catalog: c, params: make([]uint32, st.params)}
	copy(in.params, declared)
	insert := in.insertColumns()
	for i, t := range st.tokens {
		if t.kind != tokenParam || t.param > len(in.params) || in.params[t.param-1] != 0 {
			continue
		}
		oid := st.casts[t.param]
		if oid == 0 {
			oid = insert[i]
		}
		if oid == 0 {
			oid = in.neighbour(i)
		}
		in.params[t.param-1] = oid
	}
	return in
}

// neighbour types the parameter at token i by what stands next to it.
func (in inference) neighbour(i int) uint32 {
	tokens := in.statement.tokens
	at := func(j int) token {
		if j >= 0 && j < len(tokens) {
			return tokens[j]
		}
		return token{kind: tokenEnd}
	}
	switch at(i - 1).low {
	case "limit", "offset":
		return oidInt8
	case "like":
		return oidText
	case "between":
		return in.columnBefore(i - 1)
	case "and": // BETWEEN $1 AND $2
		if at(i-3).low == "between" {
			return in.columnBefore(i - 3)
		}
	}
	if comparison(at(i - 1)) {
		j := i - 1
		for comparison(at(j)) {
			j--
		}
		if oid := in.columnBefore(j + 1); oid != 0 {
			return oid
		}
	}
	if comparison(at(i + 1)) {
		j := i + 1
		for comparison(at(j)) {
			j++
		}
		if at(j + 1).is(".") {
			return in.column(at(j).name(), at(j+2).name())
		}
		return in.column("", at(j).name())
	}
	// IN (1, $1, ...)
	j := i - 1
	for at(j).is(",") || at(j).kind == tokenParam || at(j).kind == tokenNumber || at(j).kind == tokenText {
		j--
	}
	if at(j).is("(") && at(j-1).low == "in" {
		if at(j-2).low == "not" {
			j--
		}
		return in.columnBefore(j - 1)
	}
	return 0
}

func comparison(t token) bool { return t.is("=") || t.is("<") || t.is(">") || t.is("!") }

// columnBefore types the column whose name ends just before token i.
func (in inference) columnBefore(i int) uint32 {
	tokens := in.statement.tokens
	if i < 1 {
		return 0
	}
	if i >= 3 && tokens[i-2].is(".") {
		return in.column(tokens[i-3].name(), tokens[i-1].name())
	}
	return in.column("", tokens[i-1].name())
}

func (in inference) column(qualifier, name string) uint32 {
	if name == "" {
		return 0
	}
	return in.catalog.column(in.statement.tables, qualifier, name)
}

// insertColumns types the tokens that are whole values of INSERT ... VALUES.
func (in inference) insertColumns() map[int]uint32 {
	tokens, tables := in.statement.tokens, in.statement.tables
	if in.statement.verb != verbInsert || len(tables) == 0 {
		return nil
	}
	i := 0
	for i < len(tokens) && tokens[i].low != "into" {
		i++
	}
	var columns []string
	for ; i < len(tokens) && tokens[i].low != "values"; i++ {
		if tokens[i].is("(") || tokens[i].is(",") {
			if i+1 < len(tokens) {
				columns = append(columns, tokens[i+1].name())
			}
		}
	}
	types := map[int]uint32{}
	depth, place := 0, 0
	for ; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.is("("):
			if depth++; depth == 1 {
				place = 0
			}
		case t.is(")"):
			depth--
		case t.is(",") && depth == 1:
			place++
		case t.kind == tokenParam && depth == 1 && place < len(columns):
			whole := (tokens[i-1].is("(") || tokens[i-1].is(",")) && i+1 < len(tokens) &&
				(tokens[i+1].is(")") || tokens[i+1].is(","))
			if whole {
				types[i] = in.catalog.column(tables[:1], "", columns[place])
			}
		}
	}
	return types
}

// results types the columns of the select list that SQLite gave no type for.
func (in inference) results(columns []column) {
	var list [][]token
	for i := range columns {
		if columns[i].oid != 0 {
			continue
		}
		if list == nil {
			list = selectList(in.statement.tokens)
		}
		columns[i].oid = oidText
		if len(list) == len(columns) {
			columns[i].oid = result(in.expression(list[i]))
		}
	}
}

// selectList splits the first select list outside of parentheses, or the list of
// RETURNING, at its commas.
func selectList(tokens []token) [][]token {
	list := [][]token{}
	depth, start := 0, -1
	for i, t := range tokens {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth != 0:
		case start < 0 && (t.low == "select" && !writes(tokens[0]) || t.low == "returning"):
			start = i + 1
			if start < len(tokens) && (tokens[start].low == "distinct" || tokens[start].low == "all") {
				start++
			}
		case start >= 0 && t.is(","):
			list = append(list, tokens[start:i])
			start = i + 1
		case start >= 0 && (t.low == "from" || t.low == "where" || t.low == "union" || t.low == "order" ||
			t.low == "limit" || t.low == "group"):
			return append(list, tokens[start:i])
		}
	}
	if start >= 0 && start <= len(tokens) {
		list = append(list, tokens[start:])
	}
	return list
}

func writes(first token) bool {
	return first.low == "insert" || first.low == "update" || first.low == "delete"
}

// maxNesting bounds the recursion of expression.
const maxNesting = 50

// expression types an expression of the select list; 0 is unknown.
func (in inference) expression(tokens []token) uint32 { return in.nested(tokens, 0) }

func (in inference) nested(tokens []token, nesting int) uint32 {
	if nesting > maxNesting {
		return 0
	}
	tokens = withoutAlias(tokens)
	if len(tokens) == 0 {
		return 0
	}
	depth := 0
	for i, t := range tokens {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth != 0:
		case t.is("::"):
			if oid, length, f := castType(tokens[i+1:]); f == nil && i+1+length == len(tokens) {
				return oid
			}
		case comparison(t), t.low == "and", t.low == "or", t.low == "not", t.low == "like", t.low == "in",
			t.low == "is", t.low == "between", t.low == "exists":
			return oidBool
		case t.is("|"): // ||
			return oidText
		case t.kind == tokenNumber && !allDigits(t.text):
			return oidFloat8
		}
	}
	return in.operand(tokens, nesting)
}

// operand types the first operand; the result of arithmetic is of its type.
func (in inference) operand(tokens []token, nesting int) uint32 {
	first := tokens[0]
	switch {
	case first.is("-"), first.is("+"):
		return in.nested(tokens[1:], nesting+1)
	case first.is("("):
		return in.nested(inside(tokens), nesting+1)
	case first.kind == tokenNumber:
		return oidInt8
	case first.kind == tokenText:
		return oidText
	case first.kind == tokenBlob:
		return oidBytea
	case first.kind == tokenParam:
		if first.param <= len(in.params) {
			return in.params[first.param-1]
		}
	case first.low == "true", first.low == "false":
		return oidBool
	case first.name() == "":
	case len(tokens) > 1 && tokens[1].is("("):
		return in.function(first.name(), inside(tokens[1:]), nesting)
	case len(tokens) > 2 && tokens[1].is("."):
		return in.column(first.name(), tokens[2].name())
	default:
		return in.column("", first.name())
	}
	return 0
}

// function types a call of one of SQLite's functions.
func (in inference) function(name string, args []token, nesting int) uint32 {
	switch name {
	case "count", "length", "octet_length", "instr", "unicode", "unixepoch", "random", "row_number", "rank",
		"dense_rank", "ntile", "sign":
		return oidInt8
	case "avg", "total", "round", "sqrt", "exp", "ln", "log", "pow", "power", "julianday":
		return oidFloat8
	case "sum", "min", "max", "coalesce", "ifnull", "nullif", "abs", "first_value", "last_value", "lag", "lead":
		depth := 0
		for i, t := range args {
			switch {
			case t.is("("):
				depth++
			case t.is(")"):
				depth--
			case t.is(",") && depth == 0:
				return in.nested(args[:i], nesting+1)
			}
		}
		if len(args) > 0 && args[0].low == "distinct" {
			args = args[1:]
		}
		return in.nested(args, nesting+1)
	case "cast":
		for i := len(args) - 1; i >= 0; i-- {
			if args[i].low == "as" {
				oid, _, f := castType(args[i+1:])
				if f != nil {
					return 0
				}
				return oid
			}
		}
	}
	return 0
}

// inside returns what stands in the parentheses that open at the first token.
func inside(tokens []token) []token {
	depth := 0
	for i, t := range tokens {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth == 0 {
				return tokens[1:i]
			}
		}
	}
	return tokens[1:]
}

// withoutAlias drops "AS name" from the end.
func withoutAlias(tokens []token) []token {
	if n := len(tokens); n > 2 && tokens[n-2].low == "as" {
		return tokens[:n-2]
	}
	return tokens
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
