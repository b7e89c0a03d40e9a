package database

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// readThrough is how many pages pass under the head in the time of one access: a
// page of 8 KiB at the 20 to 30 ms that the latency numbers give for 1 MB in
// sequence, against their 10 ms for a seek.
const readThrough = 40

// accessesOf says how many accesses to the disk it takes to read the missing pages
// of a statement. A list of keys is read in the order of its pages, as PostgreSQL's
// bitmap scan does: they are sought one by one, or everything from the first to the
// last of them is read through after one seek, whichever is less.
func (s *session) accessesOf(ctx context.Context, k key, args []driver.NamedValue, missing int) (int, error) {
	if len(k.values) < 2 || k.followees != "" || missing < 2 {
		return missing, nil
	}
	span, err := s.span(ctx, k, args)
	if err != nil {
		return 0, err
	}
	return min(missing, 1+(span+readThrough-1)/readThrough), nil
}

// span counts the pages from the lowest of the keys to the highest: each user here
// has one.
func (s *session) span(ctx context.Context, k key, args []driver.NamedValue) (int, error) {
	low, high, any := int64(0), int64(0), false
	for _, v := range k.values {
		id, ok := v.user(k.column, args)
		if !ok {
			continue
		}
		if !any || id < low {
			low = id
		}
		if !any || id > high {
			high = id
		}
		any = true
	}
	c := s.block.writer
	if c == nil {
		var err error
		if c, err = acquire(ctx, s.server.engine.reading); err != nil {
			return 0, err
		}
		defer func() { s.server.engine.reading <- c }()
	}
	var pages int64
	_, err := c.query(ctx, "SELECT count(*) FROM users WHERE id BETWEEN ?1 AND ?2", named(low, high), func(row []driver.Value) error {
		pages, _ = row[0].(int64)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count the pages between %d and %d: %w", low, high, err)
	}
	return int(pages), nil
}
