package machine

import (
	"context"
	"errors"
	"sync"
	"time"

	"rung/targets"
	"rung/targets/clock"
)

// ErrFull refuses work that finds the queue full. A server answers it in the
// words of its protocol: HTTP 503, SQLSTATE 53300, RESP "BUSY".
var ErrFull = errors.New("queue is full")

// Span says where the time of a piece of work went: the time it waited in the
// queue and the time it held a slot. Their sum is exact; the caller's own
// clock shows the clock's wake-up error on top.
type Span struct{ Queued, Served time.Duration }

// Machine is the emulated CPU and disk of one node, shared by its roles. It is
// safe for concurrent use. It starts no goroutine and needs no closing.
type Machine struct {
	cpu, disk *resource

	mu     sync.Mutex
	shares map[string]*Share
}

// New makes a machine whose waits run on clk. Seed fixes the sequence of
// random service times.
func New(clk *clock.Clock, spec targets.Machine, seed uint64) *Machine {
	epoch := time.Now()
	return &Machine{
		cpu:    newResource(clk, epoch, spec.CPU, spec.Quantum, seed, streamCPU),
		disk:   newResource(clk, epoch, spec.Disk, 0, seed, streamDisk),
		shares: map[string]*Share{},
	}
}

// The two resources draw from different streams of the same seed.
const (
	streamCPU  = 1
	streamDisk = 2
)

// Share is the handle by which one role uses its machine.
type Share struct {
	cpu, disk *resource
	// The role's slot time, guarded by the resource's lock.
	cpuBusy, diskBusy *account
}

// For returns the handle of a role: always the same one for the same name.
func (m *Machine) For(role string) *Share {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.shares[role]
	if s == nil {
		s = &Share{
			cpu: m.cpu, disk: m.disk,
			cpuBusy: m.cpu.account(role), diskBusy: m.disk.account(role),
		}
		m.shares[role] = s
	}
	return s
}

// CPU takes CPU time: a sample of law, in pieces of at most the machine's
// quantum, each of which queues for a slot. It returns when the last piece is
// done, or at once with ErrFull. The queue bounds what comes in: work that is
// in goes round until it is finished.
//
// When ctx ends first, CPU returns the context's error. The slot time of the
// present piece stays taken, served or not: the finish times of all work behind
// it are computed from it, and some of that work is waiting for them already.
// So an overloaded node does not get faster by its clients giving up, which is
// also how most real servers behave. An error of the clock is returned likewise.
//
// A law without time, or a resource without slots, takes no time and is not
// counted.
func (s *Share) CPU(ctx context.Context, law targets.Law) (Span, error) {
	return s.cpu.use(ctx, law, s.cpuBusy)
}

// Disk is one disk access; it is like CPU, but never cut into pieces.
func (s *Share) Disk(ctx context.Context, law targets.Law) (Span, error) {
	return s.disk.use(ctx, law, s.diskBusy)
}

// Usage returns the use of both resources, exact at the moment of the call:
// Busy counts the part of present pieces that is over, Served and Waited the
// work that has ended, given up by its caller or not. Counters only grow. A
// resource without slots has the zero Usage.
func (m *Machine) Usage() (cpu, disk targets.Usage) {
	return m.cpu.usage(), m.disk.usage()
}
