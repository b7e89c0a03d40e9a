package reshard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rung/targets"
	"rung/targets/shard"
)

// settings of one simulated world, in the time of a bubble.
type settings struct {
	seed            uint64
	users, routers  int
	method          targets.ShardMethod
	batch           int
	patience        time.Duration
	failures        float64 // of commands, copies and erasures
	restarts        time.Duration
	slowest         time.Duration // of a command, a statement, or a pause of a client
	steps           func(*run) []step
	skipSwitch      bool // a platform that lies: the last router switches only when it is to release
	serveAtOnce     bool // restarted routers do not catch up before they serve
	restartsOnSteps []targets.Phase
}

// database is one shard.
type database struct {
	users map[int64]int    // user to version
	posts map[string]int64 // id to user
}

// node is a router in a process.
type node struct {
	router *shard.Router
	life   context.Context
	kill   context.CancelFunc
	inbox  chan command
}

type command struct {
	move targets.Move
	done chan error
}

// world is a system under test with its users, and what they were promised.
type world struct {
	settings
	from, to targets.Sharding

	mu         sync.Mutex
	dice       *rand.Rand
	shards     map[string]*database
	nodes      []*node
	journal    []targets.Move
	promised   map[int64]int // by user: the least version that a read may return
	tried      map[int64]int // and the greatest
	writing    map[int64]bool
	posted     map[string]int64 // acknowledged posts
	violations []string
	counts     map[string]int
	outside    sync.WaitGroup // clients, and what kills routers
	running    sync.WaitGroup // routers
}

var errInjected = errors.New("injected")

func shardings(method targets.ShardMethod) (from, to targets.Sharding) {
	from = targets.Sharding{Method: method, VirtualNodes: 20}
	for i := range 4 {
		from.Shards = append(from.Shards, targets.Shard{Name: fmt.Sprintf("s%d", i), Members: []string{fmt.Sprintf("db-%d", i)}})
	}
	to = from
	to.Shards = slices.Clone(from.Shards)
	from.Shards, from.Spare = from.Shards[:3:3], from.Shards[3:]
	return from, to
}

// simulate runs a whole move under load and faults. It returns what was wrong.
func simulate(t *testing.T, s settings) (w *world, result Result, err error) {
	synctest.Test(t, func(t *testing.T) {
		w = &world{settings: s, dice: rand.New(rand.NewPCG(s.seed, 7)), shards: map[string]*database{}, promised: map[int64]int{},
			tried: map[int64]int{}, writing: map[int64]bool{}, posted: map[string]int64{}, counts: map[string]int{}}
		w.from, w.to = shardings(s.method)
		plan, fault := Plan(w.from, w.to, s.users, s.batch)
		if fault != nil {
			t.Fatal(fault)
		}
		for i := range plan {
			plan[i].Patience = s.patience
		}
		w.fill(t)
		ctx, stop := context.WithCancel(t.Context())
		for i := range w.nodes {
			w.start(i, false)
		}
		for range 6 {
			w.outside.Go(func() { w.client(ctx) })
		}
		w.outside.Go(func() { w.scan(ctx) })
		if s.restarts > 0 {
			w.outside.Go(func() { w.reaper(ctx) })
		}
		r := &run{platform: w, to: w.to, plan: plan, report: w.watch}
		r.prepare = []step{r.hold, r.copy, r.confirm}
		if s.steps != nil {
			r.prepare = s.steps(r)
		}
		err = r.all(ctx)
		result = r.result
		w.sleep(20 * time.Millisecond)
		stop()
		w.outside.Wait()
		for _, n := range w.nodes {
			n.kill()
		}
		w.running.Wait()
		w.last(err == nil)
		for _, n := range w.nodes { // ends the timers of holds
			for _, m := range plan {
				m.Phase = targets.PhaseAbort
				_ = n.router.Apply(context.Background(), m)
			}
		}
	})
	return w, result, err
}

func (w *world) fill(t *testing.T) {
	m, err := shard.New(w.from)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range m.All() {
		w.shards[name] = &database{users: map[int64]int{}, posts: map[string]int64{}}
	}
	for id := int64(1); id <= int64(w.users); id++ {
		w.shards[m.Home(id)].users[id] = 0
	}
	w.nodes = make([]*node, w.routers)
}

// start makes a new process for a router. It knows the new sharding when that may
// hold already, and otherwise the old one.
func (w *world) start(i int, late bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	sharding := w.from
	if n := len(w.journal); n > 0 && w.journal[n-1].Sharding != nil && w.dice.IntN(2) == 0 {
		sharding = w.to
	}
	m, err := shard.New(sharding)
	if err != nil {
		panic(err) // the shardings are the test's own
	}
	n := &node{router: shard.NewRouter(m), inbox: make(chan command, 10_000)}
	n.life, n.kill = context.WithCancel(context.Background())
	if late && !w.serveAtOnce {
		for _, past := range w.journal {
			_ = n.router.Apply(n.life, past) // some failed the first time, too
		}
	}
	w.nodes[i] = n
	w.running.Go(func() { w.serve(n) })
}

// serve carries out commands in their order.
func (w *world) serve(n *node) {
	for {
		select {
		case c := <-n.inbox:
			w.sleep(w.slowest)
			w.running.Go(func() { c.done <- n.router.Apply(n.life, c.move) })
			time.Sleep(1) // in a bubble: until it has begun, and waits
		case <-n.life.Done():
			return
		}
	}
}

// reaper kills a router now and then, and starts another in its place.
func (w *world) reaper(ctx context.Context) {
	for ctx.Err() == nil {
		w.sleep(2 * w.restarts)
		w.restart(w.draw(w.routers))
	}
}

func (w *world) restart(i int) {
	w.mu.Lock()
	w.nodes[i].kill()
	w.counts["restarts"]++
	w.mu.Unlock()
	w.start(i, true)
}

// watch restarts a router at given steps.
func (w *world) watch(p Progress) {
	if i := slices.Index(w.restartsOnSteps, p.Phase); i >= 0 {
		w.restartsOnSteps = slices.Delete(slices.Clone(w.restartsOnSteps), i, i+1)
		w.restart(w.routers - 1)
	}
}

// sleep waits up to a time, and never 0.
func (w *world) sleep(most time.Duration) {
	time.Sleep(time.Duration(1 + w.draw(int(most))))
}

func (w *world) draw(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n)
}

func (w *world) fails() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.Float64() < w.failures
}

func (w *world) violate(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}
