package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rung/targets/shard"
)

// AddPost is one INSERT at the shard of Post.User.
func (s *Sharded) AddPost(ctx context.Context, p Post) (Timing, error) {
	t, err := s.write(ctx, p.User, s.router.Write, func(ctx context.Context, _ shard.Ticket, b shardBackend) (Timing, error) {
		return b.AddPost(ctx, p)
	})
	if err != nil {
		return t, fmt.Errorf("add post %s: %w", p.ID, err)
	}
	return t, nil
}

// AddPhoto is one INSERT at the shard of Post.User.
func (s *Sharded) AddPhoto(ctx context.Context, p Post) (Timing, error) {
	t, err := s.write(ctx, p.User, s.router.Write, func(ctx context.Context, _ shard.Ticket, b shardBackend) (Timing, error) {
		return b.AddPhoto(ctx, p)
	})
	if err != nil {
		return t, fmt.Errorf("add photo %s: %w", p.ID, err)
	}
	return t, nil
}

// SetCity is one UPDATE at the user's home. Then, all at the same time, it is one at
// every other shard with a copy of the row, and, if Denormalised, one of the copies in
// the table follows at every shard that has rows. The whole is no transaction: after an
// error any of these may have been done, and calling it again mends what was not. Because
// it changes rows of other users, the Denormalised one waits while anybody is moved.
func (s *Sharded) SetCity(ctx context.Context, id int64, city string) (Timing, error) {
	enter := s.router.Write
	if s.denormalised {
		enter = s.router.WriteAll
	}
	t, err := s.write(ctx, id, enter, func(ctx context.Context, ticket shard.Ticket, home shardBackend) (Timing, error) {
		t, err := home.setRow(ctx, id, city)
		if err != nil {
			return t, err
		}
		copies, err := s.setOthers(ctx, ticket, id, city)
		if copies.Statements > 0 {
			t = t.then(copies)
		}
		return t, err
	})
	if err != nil {
		return t, fmt.Errorf("set city of user %d: %w", id, err)
	}
	return t, nil
}

// setOthers writes all copies of a user's city.
func (s *Sharded) setOthers(ctx context.Context, ticket shard.Ticket, id int64, city string) (Timing, error) {
	rows := map[string]bool{}
	for _, name := range ticket.Shards[1:] {
		rows[name] = true
	}
	names := ticket.Shards[1:]
	if s.denormalised {
		names = s.router.Now().Used()
	}
	if len(names) == 0 {
		return Timing{}, nil
	}
	return s.scatter(ctx, names, func(ctx context.Context, name string, b shardBackend) (t Timing, err error) {
		if rows[name] {
			t, err = b.setRow(ctx, id, city)
			if errors.Is(err, ErrNotFound) {
				err = errors.New("the copy of the user's row is not there")
			}
		}
		if err != nil || !s.denormalised {
			return t, err
		}
		copies, err := b.SetCopies(ctx, id, city)
		if !rows[name] {
			return copies, err
		}
		total := t.Total + copies.Total
		t = t.then(copies)
		t.Total = total
		return t, err
	})
}

// write does something at the user's home while nobody moves the user.
func (s *Sharded) write(ctx context.Context, user int64, enter func(context.Context, int64) (shard.Ticket, error),
	do func(context.Context, shard.Ticket, shardBackend) (Timing, error)) (t Timing, err error) {
	start := time.Now()
	patient, cancel := context.WithTimeout(ctx, s.patience)
	ticket, err := enter(patient, user)
	cancel()
	defer ticket.Done()
	if ticket.Held > 0 {
		s.held.Add(1)
		s.waited.Add(int64(ticket.Held))
	}
	defer func() {
		t.Wait += ticket.Held
		t.Total = time.Since(start)
	}()
	if err != nil {
		return t, err
	}
	home, err := s.at(ticket.Shards[0])
	if err != nil {
		return t, err
	}
	return do(ctx, ticket, home)
}
