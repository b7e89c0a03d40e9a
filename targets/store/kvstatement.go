package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// errKVClosed says that the store was closed by its owner.
var errKVClosed = errors.New("store is closed")

// kvSession is one call of a Store: its statements, one after another, and their
// times. It is used by one goroutine.
type kvSession struct {
	kv         *KV
	ctx        context.Context
	start      time.Time
	statements int
	wait       time.Duration
}

func (k *KV) session(ctx context.Context) *kvSession {
	return &kvSession{kv: k, ctx: ctx, start: time.Now()}
}

func (s *kvSession) timing() Timing {
	return Timing{Statements: s.statements, Wait: s.wait, Total: time.Since(s.start)}
}

// tries is how often a statement may be sent.
type tries int

const (
	once  tries = 1 // writes: nobody knows whether a lost one was carried out
	again tries = 2 // reads
)

// statement sends one statement, what in words, and returns its result. The errors
// are ErrNotFound, ErrBusy, the context's, or what happened, wrapped.
func statement[T any](s *kvSession, most tries, what string, send func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.kv.timeout)
	defer cancel()
	stop := context.AfterFunc(s.kv.life, cancel)
	defer stop()
	for try := tries(1); ; try++ {
		result, err := attempt(s, ctx, send)
		if err == nil {
			return result, nil
		}
		if try < most && broken(err) && ctx.Err() == nil {
			continue
		}
		return result, fmt.Errorf("%s: %w", what, s.explain(ctx, err))
	}
}

// attempt takes a turn and sends. Go-redis heeds a context's deadline but not its
// end, so the call runs on a goroutine: if the context ends first, that one stays
// until the reply or the deadline comes, since a reply that nobody reads would
// spoil its connection.
func attempt[T any](s *kvSession, ctx context.Context, send func(context.Context) (T, error)) (T, error) {
	var none T
	asked := time.Now()
	select {
	case s.kv.turns <- struct{}{}:
		s.wait += time.Since(asked)
	case <-ctx.Done():
		s.wait += time.Since(asked)
		return none, ctx.Err()
	}
	if err := ctx.Err(); err != nil || !s.kv.enter() {
		<-s.kv.turns
		return none, errors.Join(err, errKVClosed)
	}
	s.statements++
	type outcome struct {
		result T
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		defer s.kv.running.Done()
		defer func() { <-s.kv.turns }()
		result, err := send(ctx)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// enter counts one more running statement, unless the store is closed.
func (k *KV) enter() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.running.Add(1)
	}
	return !k.closed
}

// explain turns an error into one that callers can tell apart.
func (s *kvSession) explain(ctx context.Context, err error) error {
	var said redis.Error
	switch {
	case errors.Is(err, redis.Nil):
		return ErrNotFound
	case s.kv.life.Err() != nil:
		return errKVClosed
	case s.ctx.Err() != nil:
		return s.ctx.Err()
	case ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded): // the socket's deadline is the context's
		return fmt.Errorf("no answer in time (time-out is %v): %w", s.kv.timeout, context.DeadlineExceeded)
	case errors.As(err, &said) && (redis.HasErrorPrefix(said, "BUSY ") || redis.IsMaxClientsError(said)):
		return fmt.Errorf("%w: %v", ErrBusy, said)
	}
	return err
}

// broken says that a connection, which was there, broke.
func broken(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
