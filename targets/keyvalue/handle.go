package keyvalue

import (
	"context"
	"errors"
	"time"

	"rung/targets"
	"rung/targets/machine"
	"rung/targets/resp"
)

// handle carries out one command. It is a resp.Handler.
func (s *Server) handle(ctx context.Context, cmd resp.Command) resp.Reply {
	if cmd.Name == "INFO" {
		return s.info(cmd.Args)
	}
	c, known := s.commands[cmd.Name]
	if !known {
		return resp.Unknown(cmd)
	}
	arrived := time.Now()
	reply := s.answer(ctx, c, cmd)
	s.record(ctx, cmd.Name, time.Since(arrived))
	return reply
}

func (s *Server) answer(ctx context.Context, c command, cmd resp.Command) resp.Reply {
	reply, err := s.carryOut(ctx, c, cmd)
	var clients resp.Error
	switch {
	case err == nil:
		return reply
	case errors.As(err, &clients):
		return clients
	case errors.Is(err, machine.ErrFull):
		return resp.Error("BUSY the queue of the machine is full")
	case ctx.Err() != nil:
		return resp.Error("ERR the server is shutting down")
	}
	return resp.Error("ERR " + err.Error())
}

func (s *Server) carryOut(ctx context.Context, c command, cmd resp.Command) (resp.Reply, error) {
	p, err := c.prepare(cmd)
	if err != nil {
		return nil, err
	}
	if p.write == nil {
		if err := s.chargeRead(ctx, p.keys); err != nil {
			return nil, err
		}
		return s.engine.view(p.read)
	}
	if err := s.chargeWrite(ctx, p.keys); err != nil {
		return nil, err
	}
	reply, err := s.engine.update(p.write)
	if err != nil {
		return nil, err
	}
	for _, key := range p.keys {
		if page, has := pageOf(key); has {
			s.pool.Warm([]string{page}) // what was just written is in memory
		}
	}
	return reply, nil
}

// chargeRead takes the CPU time of every key, at least of one, and reads the pages
// that are not in memory.
func (s *Server) chargeRead(ctx context.Context, keys [][]byte) error {
	law := s.spec.Demand[targets.StatementGet]
	for i := range max(1, len(keys)) {
		s.gets.Add(1)
		if _, err := s.config.Share.CPU(ctx, law); err != nil {
			return err
		}
		if len(keys) == 0 {
			break
		}
		page, has := pageOf(keys[i])
		if !has || s.pool.Touch(page) {
			continue
		}
		if _, err := s.config.Share.Disk(ctx, s.spec.Access); err != nil {
			s.pool.Forget(page) // it was never read
			return err
		}
	}
	return nil
}

// chargeWrite takes the CPU time of every key, and one disk access for the commit
// that follows.
func (s *Server) chargeWrite(ctx context.Context, keys [][]byte) error {
	law := s.spec.Demand[targets.StatementSet]
	for range keys {
		s.sets.Add(1)
		if _, err := s.config.Share.CPU(ctx, law); err != nil {
			return err
		}
	}
	_, err := s.config.Share.Disk(ctx, s.spec.Access)
	return err
}
