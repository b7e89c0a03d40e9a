package database

import (
	"context"
	"database/sql/driver"
	"strconv"

	"rung/targets/shop"
)

// pagesOf lists the pages that a statement reads by key, each once. A statement
// with one key reads its page, whether or not there is such a row. Of several
// keys only those that have rows count, and with a join the followees of each:
// who is there is looked up first, which costs no emulated time, as if the inner
// pages of an index were in memory.
func (s *session) pagesOf(ctx context.Context, k key, args []driver.NamedValue) ([]string, error) {
	if len(k.values) == 0 {
		return nil, nil
	}
	if len(k.values) == 1 && k.followees == "" {
		if page := k.page(args); page != "" {
			return []string{page}, nil
		}
		return nil, nil
	}
	keys := k.list(args)
	var pages []string
	if page := k.page(args); page != "" {
		pages = append(pages, page)
	} else if err := s.lookUp(ctx, k.column.rows(), keys, func(user int64) { pages = append(pages, pageName(k.table, user)) }); err != nil {
		return nil, err
	}
	if k.followees == "" {
		return pages, nil
	}
	there := map[string]bool{}
	for _, p := range pages {
		there[p] = true
	}
	const followees = `SELECT DISTINCT followee FROM follows WHERE "user" IN (SELECT value FROM json_each(?1)) ORDER BY 1`
	err := s.lookUp(ctx, followees, keys, func(user int64) {
		if p := pageName(k.followees, user); !there[p] {
			pages = append(pages, p)
		}
	})
	return pages, err
}

// list is the values of the keys as a JSON array; those that are no numbers are
// left out, as no row has them.
func (k key) list(args []driver.NamedValue) string {
	b := []byte{'['}
	for _, v := range k.values {
		id, ok := v.user(noColumn, args)
		if !ok {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(append(b, ']'))
}

// rows is the query for the users whose pages have rows with some keys.
func (c keyColumn) rows() string {
	const in = " IN (SELECT value FROM json_each(?1)) ORDER BY 1"
	switch c {
	case userColumn:
		return "SELECT id FROM users WHERE id" + in
	case customerColumn:
		return "SELECT DISTINCT customer_id FROM orders WHERE customer_id" + in
	case orderColumn:
		return "SELECT DISTINCT id / " + strconv.Itoa(shop.MaxOrdersPerUser+1) + " FROM orders WHERE id" + in
	}
	return `SELECT DISTINCT "user" FROM follows WHERE "user"` + in
}

// lookUp asks SQLite for users, on the transaction's connection once that has
// written.
func (s *session) lookUp(ctx context.Context, text, keys string, each func(user int64)) error {
	c := s.block.writer
	if c == nil {
		var err error
		if c, err = acquire(ctx, s.server.engine.reading); err != nil {
			return err
		}
		defer func() { s.server.engine.reading <- c }()
	}
	_, err := c.query(ctx, text, named(keys), func(row []driver.Value) error {
		if user, ok := row[0].(int64); ok {
			each(user)
		}
		return nil
	})
	return err
}
