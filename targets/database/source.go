package database

// source is a table of a statement and the name it goes by there.
type source struct{ table, alias string }

// reserved are the words that can follow a table's name and are no alias of it.
func reserved(word string) bool {
	switch word {
	case "where", "on", "using", "join", "left", "right", "inner", "outer", "cross", "full", "natural", "order",
		"group", "having", "limit", "offset", "union", "except", "intersect", "set", "values", "select",
		"default", "returning", "as", "from", "window", "indexed", "not", "fetch", "for":
		return true
	}
	return false
}

// sources lists the tables behind FROM, JOIN, INTO and UPDATE.
func sources(tokens []token) []source {
	var list []source
	from := -1 // the depth of the FROM list that we are in, or -1
	depth := 0
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
			if depth < from {
				from = -1
			}
		case t.low == "from", t.low == "join", t.low == "into",
			t.low == "update" && (i == 0 || tokens[i-1].low != "do"),
			t.is(",") && depth == from:
			if t.low == "from" {
				from = depth
			}
			if s, ok := sourceAt(tokens[i+1:]); ok {
				list = append(list, s)
			}
		case t.low == "where", t.low == "set", t.low == "order", t.low == "group":
			if depth == from {
				from = -1
			}
		}
	}
	return list
}

// sourceAt reads "table", "public.table", "table alias" or "table AS alias".
func sourceAt(tokens []token) (source, bool) {
	i := 0
	for i+2 < len(tokens) && tokens[i].name() != "" && tokens[i+1].is(".") {
		i += 2
	}
	if i >= len(tokens) || tokens[i].name() == "" || tokens[i].kind == tokenWord && reserved(tokens[i].low) {
		return source{}, false
	}
	s := source{table: tokens[i].name(), alias: tokens[i].name()}
	i++
	if i < len(tokens) && tokens[i].low == "as" {
		i++
	}
	if i < len(tokens) && tokens[i].name() != "" && (tokens[i].kind == tokenQuoted || !reserved(tokens[i].low)) {
		s.alias = tokens[i].name()
	}
	return s, true
}

// isJoin reports whether a query reads several tables at once: it has a JOIN, or
// a comma in a FROM list.
func isJoin(tokens []token) bool {
	from, depth := -1, 0
	for _, t := range tokens {
		switch {
		case t.low == "join":
			return true
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
			if depth < from {
				from = -1
			}
		case t.low == "from":
			from = depth
		case t.low == "where", t.low == "group", t.low == "order", t.low == "limit", t.low == "union":
			if depth == from {
				from = -1
			}
		case t.is(",") && depth == from:
			return true
		}
	}
	return false
}

// resolve returns the table and the column of the name that ends at i, as far as
// the tables of the application go; otherwise empty names.
func resolve(tokens []token, i int, tables []source) (table, column string) {
	if i < 0 || i >= len(tokens) || tokens[i].name() == "" {
		return "", ""
	}
	column, qualifier := tokens[i].name(), ""
	if i >= 2 && tokens[i-1].is(".") {
		qualifier = tokens[i-2].name()
	}
	for _, s := range tables {
		if (qualifier == "" || s.alias == qualifier || s.table == qualifier) && has(s.table, column) {
			return s.table, column
		}
	}
	return "", ""
}

// has says whether a table of the application has a column that rows are found or
// joined by.
func has(table, column string) bool {
	switch table {
	case "users":
		return column == "id"
	case "orders":
		return column == "id" || column == "customer_id"
	case "follows":
		return column == "user" || column == "followee"
	}
	return false
}

// followeePages finds a join of the table follows with what belongs to followees,
// and returns the table that their pages are named for; empty when there is none.
func followeePages(tokens []token, tables []source) string {
	pages := ""
	for i := range tokens {
		if i == 0 || !tokens[i].is("=") || partOfOperator(tokens, i) {
			continue
		}
		left, leftColumn := resolve(tokens, i-1, tables)
		right, rightColumn := resolve(tokens, nameEnd(tokens, i+1), tables)
		if left != "follows" {
			left, leftColumn, right, rightColumn = right, rightColumn, left, leftColumn
		}
		if left != "follows" || leftColumn != "followee" {
			continue
		}
		switch {
		case right == "orders" && rightColumn == "customer_id":
			return "orders"
		case right == "users" && rightColumn == "id":
			pages = "users"
		}
	}
	return pages
}
