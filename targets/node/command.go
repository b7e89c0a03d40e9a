package node

import (
	"context"
	"errors"
	"fmt"

	"rung/targets"
	"rung/targets/store"
)

// Optional things that a role can do on command.
type (
	warmer  interface{ Warm(pages []string) }
	drainer interface{ Drain(server string) error }
	flusher interface{ Flush() }
	fleet   interface {
		SetServers(servers map[string]string)
	}
	publisher interface{ Publish(version int) error }
	recoverer interface {
		recover(ctx context.Context) (map[string]int64, error)
	}
	sharder       interface{ sharded() *store.Sharded }
	laborer       interface{ Work(on bool) }
	contextWarmer interface {
		Warm(ctx context.Context, pages []string) error
	}
)

// carryOut does one command and says how it went.
func (n *Node) carryOut(ctx context.Context, c targets.Command) targets.Reply {
	reply := targets.Reply{ID: c.ID}
	var err error
	switch c.Do {
	case targets.DoServe:
		err = n.serve(ctx, c.Endpoints)
	case targets.DoImpair:
		err = n.impair(c.To, c.Impairment)
	case targets.DoMetrics:
		reply.Metrics = n.metrics()
	case targets.DoWarm:
		err = n.warm(ctx, c)
	case targets.DoDrain:
		err = ask(n, c.Role, "drain", func(d drainer) error { return d.Drain(c.To) })
	case targets.DoFlush:
		err = ask(n, c.Role, "flush", func(f flusher) error { f.Flush(); return nil })
	case targets.DoServers:
		n.learn(c.Endpoints)
		err = ask(n, c.Role, "servers", func(f fleet) error { f.SetServers(c.Servers); return nil })
	case targets.DoPublish:
		err = ask(n, c.Role, "publish", func(p publisher) error { return p.Publish(c.Count) })
	case targets.DoRecover:
		err = ask(n, c.Role, "recover", func(r recoverer) (err error) { reply.Counts, err = r.recover(ctx); return err })
	case targets.DoWork:
		err = ask(n, c.Role, "work", func(w laborer) error { w.Work(c.Count == 1); return nil })
	case targets.DoShards, targets.DoCopy, targets.DoErase:
		err = ask(n, c.Role, string(c.Do), func(r sharder) (err error) { reply.Counts, err = reshard(ctx, r.sharded(), c); return err })
	default:
		err = fmt.Errorf("unknown command %q", c.Do)
	}
	if err != nil {
		reply.Error = err.Error()
	}
	return reply
}

// ask has a role do something that only some kinds can.
func ask[T any](n *Node, name, verb string, do func(T) error) error {
	r, ok := n.roles[name]
	if !ok {
		return fmt.Errorf("%s: role %q does not run here", verb, name)
	}
	able, ok := r.(T)
	if !ok {
		return fmt.Errorf("%s: role %q is of a kind that cannot", verb, name)
	}
	return do(able)
}

// waits says that a command may wait for requests of users.
func waits(do targets.Do) bool {
	return do == targets.DoShards || do == targets.DoCopy || do == targets.DoErase
}

// reshard carries out a step of a move between shards.
func reshard(ctx context.Context, s *store.Sharded, c targets.Command) (map[string]int64, error) {
	switch {
	case s == nil:
		return nil, errors.New("the role uses no shards")
	case c.Move == nil:
		return nil, errors.New("there is no move")
	case c.Do == targets.DoCopy:
		return s.Copy(ctx, *c.Move)
	case c.Do == targets.DoErase:
		return s.Erase(ctx, *c.Move)
	}
	return nil, s.Apply(ctx, *c.Move)
}

// warm fills a buffer pool at once, or a cache tier through a web server.
func (n *Node) warm(ctx context.Context, c targets.Command) error {
	if w, ok := n.roles[c.Role].(contextWarmer); ok {
		return w.Warm(ctx, c.Pages)
	}
	return ask(n, c.Role, "warm", func(w warmer) error { w.Warm(c.Pages); return nil })
}

func (n *Node) impair(to string, i targets.Impairment) error {
	link, ok := n.links[to]
	if !ok {
		return fmt.Errorf("impair: no link from %s to %s", n.spec.Node.Name, to)
	}
	if i.Loss < 0 || i.Loss > 1 || i.Extra < 0 {
		return errors.New("impair: loss is 0 to 1, extra delay not negative")
	}
	link.Impair(i)
	return nil
}

func (n *Node) serve(ctx context.Context, endpoints map[string]targets.Endpoint) error {
	if n.learn(endpoints) {
		return errors.New("serve: already serving")
	}
	for _, spec := range n.spec.Node.Roles {
		r, err := n.build(spec)
		if err != nil {
			return fmt.Errorf("role %s: %w", spec.Name, err)
		}
		n.roles[spec.Name] = r
		s := n.sockets[spec.Name]
		n.running.Go(func() {
			if err := r.serve(ctx, s); err != nil && ctx.Err() == nil {
				n.failed <- fmt.Errorf("role %s stopped: %w", spec.Name, err)
			}
		})
	}
	n.observe(ctx)
	n.log.Info("serving", "roles", len(n.roles))
	return nil
}

// closeRoles ends every role, after their context has ended.
func (n *Node) closeRoles() {
	n.closeSockets()
	n.running.Wait()
	for name, r := range n.roles {
		if err := r.Close(); err != nil {
			n.log.Error("close", "role", name, "error", err.Error())
		}
	}
	n.observed.close()
}
