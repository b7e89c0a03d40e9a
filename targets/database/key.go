package database

import (
	"database/sql/driver"
	"strconv"

	"rung/targets/shop"
)

// maxKeys is how many keys a statement may name; one that names more is a scan.
const maxKeys = 4096

// keyColumn is a column whose value tells the page of a row.
type keyColumn uint8

const (
	noColumn       keyColumn = iota
	userColumn               // users.id
	customerColumn           // orders.customer_id
	orderColumn              // orders.id
	followerColumn           // follows."user"
)

// key says which rows a statement finds by key, and so which pages it reads. The
// zero key finds none.
type key struct {
	column keyColumn
	// table names the pages: "orders" when orders take part, otherwise "users".
	table  string
	values []keyValue
	// followees are the pages, by table, of those whom a user follows: a join
	// fetches their rows one by one. Empty when it is no such join.
	followees string
}

// keyValue is a parameter by its number or, with 0, an integer.
type keyValue struct {
	param   int
	literal int64
}

// user returns whose page it is, and whether that is known.
func (v keyValue) user(column keyColumn, args []driver.NamedValue) (id int64, ok bool) {
	id = v.literal
	if v.param > 0 {
		if v.param > len(args) {
			return 0, false
		}
		switch a := args[v.param-1].Value.(type) {
		case int64:
			id = a
		case string:
			n, err := strconv.ParseInt(a, 10, 64)
			if err != nil {
				return 0, false
			}
			id = n
		default:
			return 0, false
		}
	}
	if column == orderColumn {
		id /= shop.MaxOrdersPerUser + 1
	}
	return id, true
}

// page returns the name of the page for these arguments, when the statement has
// one key; otherwise "".
func (k key) page(args []driver.NamedValue) string {
	if len(k.values) != 1 {
		return ""
	}
	user, ok := k.values[0].user(k.column, args)
	if !ok {
		return ""
	}
	return pageName(k.table, user)
}

func pageName(table string, user int64) string {
	return table + "/" + strconv.FormatInt(user, 10)
}

// findKey looks behind WHERE for a key column that is compared for equality with
// a parameter or an integer, or with a list of them.
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
	for i := where + 1; i < len(tokens); i++ {
		values, column := comparedAt(tokens, i)
		if len(values) == 0 {
			continue
		}
		if c := columnAt(tokens, column, tables); c != noColumn {
			return keyOf(c, values, tokens, tables)
		}
	}
	return key{}
}

func keyOf(c keyColumn, values []keyValue, tokens []token, tables []source) key {
	k := key{column: c, table: "users", values: values}
	if c == followerColumn {
		k.followees = followeePages(tokens, tables)
		return k
	}
	for _, s := range tables {
		if s.table == "orders" {
			k.table = "orders"
		}
	}
	return k
}

// comparedAt reads the comparison whose operator is token i: the values, and
// where the name of the column ends.
func comparedAt(tokens []token, i int) (values []keyValue, column int) {
	if i+1 >= len(tokens) {
		return nil, 0
	}
	if tokens[i].low == "in" && tokens[i+1].is("(") {
		return listAt(tokens, i+2), i - 1
	}
	if !tokens[i].is("=") || partOfOperator(tokens, i) {
		return nil, 0
	}
	if v, ok := valueAt(tokens, i+1, +1); ok {
		return []keyValue{v}, i - 1
	}
	v, ok := valueAt(tokens, i-1, -1)
	if !ok {
		return nil, 0
	}
	return []keyValue{v}, nameEnd(tokens, i+1)
}

// nameEnd is where the name that begins at i ends: "id", or "users.id".
func nameEnd(tokens []token, i int) int {
	if i+2 < len(tokens) && tokens[i+1].is(".") {
		return i + 2
	}
	return i
}

// partOfOperator tells = from <=, >=, != and ==.
func partOfOperator(tokens []token, i int) bool {
	before := tokens[i-1]
	return !tokens[i].gap && before.kind == tokenOp && (before.is("<") || before.is(">") || before.is("!"))
}

// valueAt reads a parameter or an integer that stands alone on its side of the
// comparison; side is the direction away from the operator.
func valueAt(tokens []token, i, side int) (keyValue, bool) {
	if next := i + side; next >= 0 && next < len(tokens) && tokens[next].kind == tokenOp &&
		!tokens[next].is(")") && !tokens[next].is("(") && !tokens[next].is(",") && !tokens[next].is("::") {
		return keyValue{}, false // part of an arithmetic expression
	}
	return plainValue(tokens[i])
}

func plainValue(t token) (keyValue, bool) {
	switch t.kind {
	case tokenParam:
		return keyValue{param: t.param}, true
	case tokenNumber:
		n, err := strconv.ParseInt(t.text, 10, 64)
		return keyValue{literal: n}, err == nil
	}
	return keyValue{}, false
}

// listAt reads a list of values from its first one on: "1, 2, $3::bigint)". It
// returns none when the list has anything else, or too many.
func listAt(tokens []token, i int) (values []keyValue) {
	for i < len(tokens) && len(values) < maxKeys {
		negative := tokens[i].is("-") && i+1 < len(tokens) && tokens[i+1].kind == tokenNumber
		if negative {
			i++
		}
		v, ok := plainValue(tokens[i])
		if !ok {
			return nil
		}
		if negative {
			v.literal = -v.literal
		}
		values = append(values, v)
		i++
		if i < len(tokens) && tokens[i].is("::") {
			_, length, f := castType(tokens[i+1:])
			if f != nil {
				return nil
			}
			i += 1 + length
		}
		switch {
		case i >= len(tokens):
			return nil
		case tokens[i].is(")"):
			return values
		case !tokens[i].is(","):
			return nil
		}
		i++
	}
	return nil
}

// columnAt tells which key column the name that ends at i is.
func columnAt(tokens []token, i int, tables []source) keyColumn {
	switch table, column := resolve(tokens, i, tables); {
	case table == "users" && column == "id":
		return userColumn
	case table == "orders" && column == "customer_id":
		return customerColumn
	case table == "orders" && column == "id":
		return orderColumn
	case table == "follows" && column == "user":
		return followerColumn
	}
	return noColumn
}
