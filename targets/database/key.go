package database

import (
	"database/sql/driver"
	"strconv"

	"rung/targets/shop"
)

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

// key finds the page of a read: "orders/<customer id>" when orders take part,
// otherwise "users/<id>". The zero key finds none.
type key struct {
	table string // "users", "orders" or ""
	// param is the number of the parameter with the key; 0 means that literal
	// is the key.
	param   int
	literal int64
	// order says that the key is the id of an order, not of a user.
	order bool
}

// page returns the name of the page for these arguments, or "".
func (k key) page(args []driver.NamedValue) string {
	if k.table == "" {
		return ""
	}
	id := k.literal
	if k.param > 0 {
		if k.param > len(args) {
			return ""
		}
		switch v := args[k.param-1].Value.(type) {
		case int64:
			id = v
		case string:
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return ""
			}
			id = n
		default:
			return ""
		}
	}
	if k.order {
		id /= shop.MaxOrdersPerUser + 1
	}
	return k.table + "/" + strconv.FormatInt(id, 10)
}

// findKey looks behind WHERE for a key column that is compared for equality with
// a parameter or an integer.
func findKey(tokens []token, tables []source) key {
	where := -1
	for i, t := range tokens {
		switch t.low {
		case "where":
			if where < 0 {
				where = i
			}
		case "or", "not", "union", "except", "intersect":
			return key{}
		}
	}
	if where < 0 {
		return key{}
	}
	page := ""
	for _, s := range tables {
		if s.table == "orders" || s.table == "users" && page == "" {
			page = s.table
		}
	}
	if page == "" {
		return key{}
	}
	for i := where + 1; i < len(tokens); i++ {
		if !tokens[i].is("=") || partOfOperator(tokens, i) || i+1 == len(tokens) {
			continue
		}
		k, ok := keyValue(tokens, i+1, +1)
		column := i - 1
		if !ok {
			if k, ok = keyValue(tokens, i-1, -1); !ok {
				continue
			}
			column = i + 1
			if column+2 < len(tokens) && tokens[column+1].is(".") {
				column += 2
			}
		}
		if order, isKey := keyColumn(tokens, column, tables); isKey {
			k.table, k.order = page, order
			return k
		}
	}
	return key{}
}

// partOfOperator tells = from <=, >=, != and ==.
func partOfOperator(tokens []token, i int) bool {
	before := tokens[i-1]
	return !tokens[i].gap && before.kind == tokenOp && (before.is("<") || before.is(">") || before.is("!"))
}

// keyValue reads a parameter or an integer that stands alone on its side of the
// comparison; side is the direction away from the operator.
func keyValue(tokens []token, i, side int) (key, bool) {
	t := tokens[i]
	if next := i + side; next >= 0 && next < len(tokens) && tokens[next].kind == tokenOp &&
		!tokens[next].is(")") && !tokens[next].is("(") && !tokens[next].is(",") && !tokens[next].is("::") {
		return key{}, false // part of an arithmetic expression
	}
	switch t.kind {
	case tokenParam:
		return key{param: t.param}, true
	case tokenNumber:
		n, err := strconv.ParseInt(t.text, 10, 64)
		return key{literal: n}, err == nil
	}
	return key{}, false
}

// keyColumn reports whether the name that ends at i is a key column of users or
// orders, and whether it is the id of an order.
func keyColumn(tokens []token, i int, tables []source) (order, ok bool) {
	if i >= len(tokens) || tokens[i].name() == "" {
		return false, false
	}
	column, qualifier := tokens[i].name(), ""
	if i >= 2 && tokens[i-1].is(".") {
		qualifier = tokens[i-2].name()
	}
	for _, s := range tables {
		if qualifier != "" && s.alias != qualifier && s.table != qualifier {
			continue
		}
		switch {
		case s.table == "users" && column == "id":
			return false, true
		case s.table == "orders" && column == "customer_id":
			return false, true
		case s.table == "orders" && column == "id":
			return true, true
		}
	}
	return false, false
}
