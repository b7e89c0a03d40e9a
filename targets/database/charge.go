package database

import (
	"context"
	"database/sql/driver"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"rung/targets/machine"
)

// timingParameter is the run-time parameter in which the server reports where the
// emulated time of the last statements went: since the last ReadyForQuery, so of
// one query string or one pipeline. Clients that do not know it ignore it.
const timingParameter = "rung.timing"

// spent adds up emulated time until it is reported.
type spent struct {
	// known says that something was charged, if only with nothing.
	known          bool
	queued, served time.Duration
	misses         int
}

func (p *spent) add(span machine.Span) {
	p.queued += span.Queued
	p.served += span.Served
}

// report is the message for the client: "queued=<ns>;served=<ns>;misses=<n>".
func (p *spent) report() *pgproto3.ParameterStatus {
	b := append(make([]byte, 0, 64), "queued="...)
	b = strconv.AppendInt(b, p.queued.Nanoseconds(), 10)
	b = append(b, ";served="...)
	b = strconv.AppendInt(b, p.served.Nanoseconds(), 10)
	b = append(b, ";misses="...)
	b = strconv.AppendInt(b, int64(p.misses), 10)
	return &pgproto3.ParameterStatus{Name: timingParameter, Value: string(b)}
}

// charge makes the statement wait for its CPU time and for the disk, when it reads
// pages that are not in memory.
//
// A write of several keys in a transaction that has the write lock waits for its
// pages after the commit, without the lock: it would lock its rows in PostgreSQL,
// and other writers would go on.
func (s *session) charge(ctx context.Context, st *statement, args []driver.NamedValue) error {
	if st.class == "" {
		return nil
	}
	s.spent.known = true
	s.server.counters.statement(st.class)
	if share := s.server.config.Share; share != nil {
		span, err := share.CPU(ctx, s.server.spec.Demand[st.class])
		s.spent.add(span)
		if err != nil {
			return err
		}
	}
	pages, err := s.pagesOf(ctx, st.key, args)
	if err != nil {
		return err
	}
	missing := 0
	for _, page := range pages {
		if !s.server.pages.Touch(page) {
			missing++
		}
	}
	s.spent.misses += missing
	accesses, err := s.accessesOf(ctx, st.key, args, missing)
	if err != nil {
		return err
	}
	if st.write && len(pages) > 1 && s.block.writer != nil {
		s.block.owed += accesses
		return nil
	}
	for range accesses {
		if err := s.access(ctx); err != nil {
			return err
		}
	}
	return nil
}

// payOff waits for disk accesses that a committed transaction owes. The commit is
// done, so an error is no news to the client.
func (s *session) payOff(ctx context.Context, owed int) {
	for range owed {
		if s.access(ctx) != nil {
			return
		}
	}
}

// access waits for one access to the disk.
func (s *session) access(ctx context.Context) error {
	share := s.server.config.Share
	s.spent.known = true
	if share == nil {
		return nil
	}
	span, err := share.Disk(ctx, s.server.spec.Access)
	s.spent.add(span)
	return err
}
