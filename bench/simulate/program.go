package simulate

import (
	"fmt"
	"maps"
)

// op is what an instruction does.
type op uint8

const (
	opDelay op = iota
	opOneOf
	opWork
	opHold
	opLeave
	opFork
	opApply
	opItem     // the next item of a batch, if there is one
	opBatchEnd // of an applier
	opDone
)

// instruction is one compiled step.
type instruction struct {
	op    op
	at    int8 // register with the server, -1 for the only server
	view  int8 // register with the caller's server, -1 for none
	fixed int32
	// index of a station, group, fork, applier or list of delays.
	index int32
	law   int32
	delay int64
	// grips are left when the request fails here.
	grips []grip
}

// grip is a server held.
type grip struct {
	group    int32
	at, view int8
}

// fork is the branches of a step, by their first instructions.
type fork struct {
	need    int32
	chances []float64
	starts  []int32
}

// program is the steps of all routes as one list of instructions; the
// instructions of a route or branch stand together and end with opDone.
type program struct {
	code   []instruction
	laws   []law
	forks  []fork
	delays [][]int64
	// starts of the routes, and of the appliers' batches.
	starts, batches []int32
}

// compiler makes a program.
type compiler struct {
	network Network
	program
}

// scope is what is held where a step begins: by group the register of the
// server, and what the present branch holds itself, in order.
type scope struct {
	at    map[int]int8
	used  [MaxHeld]bool
	grips []grip
}

func (s scope) clone() scope {
	s.at = maps.Clone(s.at)
	s.grips = nil
	return s
}

func compile(n Network) (program, error) {
	c := &compiler{network: n}
	for i, r := range n.Routes {
		start, err := c.block(r.Steps, scope{at: map[int]int8{}})
		if err != nil {
			return program{}, fmt.Errorf("route %d %q: %w", i, r.Operation, err)
		}
		c.starts = append(c.starts, start)
	}
	for _, a := range n.Appliers {
		c.batches = append(c.batches, int32(len(c.code)))
		if a.Station >= 0 {
			c.emit(instruction{op: opWork, index: int32(a.Station), law: c.law(lawOf(a.Item))})
			c.emit(instruction{op: opItem})
		}
		if a.Disk >= 0 {
			c.emit(instruction{op: opWork, index: int32(a.Disk), law: c.law(lawOf(a.Access))})
		}
		c.emit(instruction{op: opBatchEnd})
	}
	return c.program, nil
}

func (c *compiler) emit(in instruction) { c.code = append(c.code, in) }

func (c *compiler) law(l law) int32 {
	for i, known := range c.laws {
		if known == l {
			return int32(i)
		}
	}
	c.laws = append(c.laws, l)
	return int32(len(c.laws) - 1)
}

// block compiles steps that end with opDone. Branches come before it.
func (c *compiler) block(steps []Step, s scope) (start int32, err error) {
	var code []instruction
	for i, step := range steps {
		if code, err = c.step(code, step, &s); err != nil {
			return 0, fmt.Errorf("step %d: %w", i, err)
		}
	}
	for i := len(s.grips) - 1; i >= 0; i-- {
		g := s.grips[i]
		code = append(code, instruction{op: opLeave, index: g.group, at: g.at, view: g.view})
	}
	start = int32(len(c.code))
	c.code = append(append(c.code, code...), instruction{op: opDone})
	return start, nil
}

func (c *compiler) step(code []instruction, step Step, s *scope) ([]instruction, error) {
	switch step.kind {
	case stepDelay:
		return c.delayed(code, step, s), nil
	case stepWork:
		return c.work(code, step, s)
	case stepHold:
		return c.hold(code, step.index, int32(step.server-1), s)
	case stepLeave:
		return c.leave(code, step.index, s), nil
	case stepApply:
		at, err := c.server(c.network.Appliers[step.index].Group, s)
		return append(code, instruction{op: opApply, index: int32(step.index), at: at, grips: s.copied()}), err
	}
	f := fork{need: int32(step.need)}
	for i, b := range step.branches {
		if b.Chance <= 0 {
			continue
		}
		start, err := c.block(b.Steps, s.clone())
		if err != nil {
			return nil, fmt.Errorf("branch %d: %w", i, err)
		}
		f.chances, f.starts = append(f.chances, b.Chance), append(f.starts, start)
	}
	if len(f.starts) == 0 {
		return code, nil
	}
	c.forks = append(c.forks, f)
	return append(code, instruction{op: opFork, index: int32(len(c.forks) - 1), grips: s.copied()}), nil
}

func (s *scope) copied() []grip { return append([]grip(nil), s.grips...) }

// delayed adds up delays that follow one another.
func (c *compiler) delayed(code []instruction, step Step, s *scope) []instruction {
	if len(step.delays) > 1 {
		list := make([]int64, len(step.delays))
		for i, d := range step.delays {
			list[i] = int64(d)
		}
		c.delays = append(c.delays, list)
		return append(code, instruction{op: opOneOf, index: int32(len(c.delays) - 1)})
	}
	if len(step.delays) == 0 || step.delays[0] == 0 {
		return code
	}
	if last := len(code) - 1; last >= 0 && code[last].op == opDelay {
		code[last].delay += int64(step.delays[0])
		return code
	}
	return append(code, instruction{op: opDelay, delay: int64(step.delays[0])})
}

// work picks a server for itself when none is held.
func (c *compiler) work(code []instruction, step Step, s *scope) (_ []instruction, err error) {
	group := c.network.Stations[step.index].Group
	at, err := c.server(group, s)
	own := err != nil
	if own {
		if code, err = c.hold(code, group, -1, s); err != nil {
			return nil, err
		}
		at = s.at[group]
	}
	code = append(code, instruction{op: opWork, index: int32(step.index), at: at, law: c.law(lawOf(step.law)), grips: s.copied()})
	if own {
		code = c.leave(code, group, s)
	}
	return code, nil
}

// server is the register of the server of a group: -1 for the only one.
func (c *compiler) server(group int, s *scope) (int8, error) {
	if c.network.Groups[group].total() == 1 {
		return -1, nil
	}
	at, ok := s.at[group]
	if !ok {
		return 0, fmt.Errorf("no server of group %q is held", c.network.Groups[group].Name)
	}
	return at, nil
}

func (c *compiler) hold(code []instruction, group int, fixed int32, s *scope) ([]instruction, error) {
	g := c.network.Groups[group]
	if g.total() == 1 {
		return code, nil
	}
	if _, held := s.at[group]; held {
		return nil, fmt.Errorf("a server of group %q is held already", g.Name)
	}
	for i := range s.used {
		if s.used[i] {
			continue
		}
		s.used[i], s.at[group] = true, int8(i)
		view := int8(-1)
		if g.Callers > 0 {
			if at, held := s.at[g.Callers-1]; held && g.Callers-1 != group {
				view = at
			}
		}
		if fixed < 0 { // else nobody counts it
			s.grips = append(s.grips, grip{int32(group), int8(i), view})
		}
		return append(code, instruction{op: opHold, index: int32(group), at: int8(i), view: view, fixed: fixed}), nil
	}
	return nil, fmt.Errorf("more than %d servers are held at once", MaxHeld)
}

// leave gives back what the present branch holds itself.
func (c *compiler) leave(code []instruction, group int, s *scope) []instruction {
	for i, g := range s.grips {
		if g.group == int32(group) {
			s.grips = append(s.grips[:i:i], s.grips[i+1:]...)
			s.used[g.at] = false
			delete(s.at, group)
			return append(code, instruction{op: opLeave, index: g.group, at: g.at, view: g.view})
		}
	}
	return code
}
