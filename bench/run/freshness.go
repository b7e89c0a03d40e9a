package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"rung/bench"
)

const (
	// probeStride is the distance in rank between edited users.
	probeStride = 5
	// edited is how many users a freshness experiment edits in turn.
	edited = 20
	// probesMost are under way at once.
	probesMost = 200
	// readsPerEdit are made by others, at random times until the next round
	// of edits.
	readsPerEdit = 4
)

// freshness edits users and reads them again beside an ordinary attack. A read
// is stale when it returns a value that had been replaced, by an acknowledged
// edit, before the read was sent; its age is for how long it had been.
func (s *session) freshness(ctx context.Context, b *bed, e bench.Experiment) error {
	length := max(e.Length, 2*time.Second)
	s.stepFor(length, "%s: edit users at %.4g/s and read them again", e.Name, e.Rate)
	if err := b.settle(ctx); err != nil {
		return err
	}
	before := b.read(ctx)
	probe := newFreshness(b, s.cfg.Seed)
	if n := len(e.Regions); n > 0 {
		// Users of the first region edit, those of the last one read.
		probe.writer, probe.reader = b.users[e.Regions[0]].client, b.users[e.Regions[n-1]].client
	}
	done := make(chan error, 1)
	loadCtx, stop := context.WithCancel(ctx)
	defer stop()
	seen, err := b.attack(loadCtx, order{name: e.Name, rate: s.cfg.Profile.Rate, length: length, regions: e.Regions, keep: true, began: func(t time.Time) {
		go func() { done <- probe.run(ctx, t, length, e.Rate) }()
	}})
	if seen == nil {
		return err
	}
	if !seen.began.IsZero() {
		if probeErr := <-done; err == nil {
			err = probeErr
		}
	}
	if err != nil {
		return err
	}
	s.measured(e.Name+".load", seen)
	s.freshnessFacts(e, probe)
	s.lagFacts(e, before, b.read(ctx))
	return nil
}

// freshness is the edits and reads of one experiment.
type freshness struct {
	bed    *bed
	random *rand.Rand
	// writer and reader are the users who edit, and those who read.
	writer, reader *http.Client
	// tag tells this experiment's values from those of others.
	tag string
	// others is the beginning of the values that the attack beside it writes
	// to the same users: reads of those say nothing. Empty when it writes none.
	others string

	mu     sync.Mutex
	users  [edited]history
	stale  []time.Duration
	reads  int
	own    int
	broken int // own reads that did not see the edit before them
	failed int
}

// history is the edits of one user. Versions count from 1.
type history struct {
	id int64
	// acked is when a version was acknowledged; zero when it was not.
	acked []time.Time
}

func newFreshness(b *bed, seed uint64) *freshness {
	f := &freshness{bed: b, writer: b.client, reader: b.client, random: rand.New(rand.NewPCG(seed, 5)), tag: fmt.Sprintf("e%d-", b.session.attacks)}
	for i := range f.users {
		f.users[i].id = b.shop.UserOf(i * probeStride) // popular ones, so that caches hold them
	}
	return f
}

// run edits at a rate until the end and waits for all answers.
func (f *freshness) run(ctx context.Context, start time.Time, length time.Duration, rate float64) error {
	var probes sync.WaitGroup
	defer probes.Wait()
	slots := make(chan struct{}, probesMost)
	every := time.Duration(float64(time.Second) / rate)
	launch := func(do func()) bool {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		probes.Go(func() {
			defer func() { <-slots }()
			do()
		})
		return true
	}
	for n := 0; ; n++ {
		due := start.Add(time.Duration(n) * every)
		if due.Sub(start) >= length {
			return nil
		}
		if err := f.bed.session.clock.Until(ctx, due); err != nil {
			return err
		}
		user := n % edited
		if !launch(func() { f.edit(ctx, user) }) {
			return ctx.Err()
		}
		for range readsPerEdit {
			who, at := f.random.IntN(edited), due.Add(time.Duration(f.random.Int64N(int64(every))))
			if !launch(func() {
				if f.bed.session.clock.Until(ctx, at) == nil {
					f.read(ctx, who, 0)
				}
			}) {
				return ctx.Err()
			}
		}
	}
}

// edit writes the next version of a user and reads it back at once.
func (f *freshness) edit(ctx context.Context, user int) {
	f.mu.Lock()
	h := &f.users[user]
	h.acked = append(h.acked, time.Time{})
	version := len(h.acked)
	f.mu.Unlock()
	body, _ := json.Marshal(map[string]string{"city": f.tag + strconv.Itoa(version)}) // a map of strings always marshals
	_, err := f.ask(ctx, f.writer, http.MethodPut, h.id, body)
	if err != nil {
		f.count(func() { f.failed++ })
		return
	}
	f.count(func() { h.acked[version-1] = time.Now() })
	f.read(ctx, user, version)
}

// read reads a user and judges what it saw. Own is the version that the
// reader has just written itself, or 0.
func (f *freshness) read(ctx context.Context, user, own int) {
	sent := time.Now()
	client := f.reader
	if own > 0 {
		client = f.writer
	}
	city, err := f.ask(ctx, client, http.MethodGet, f.users[user].id, nil)
	if err != nil {
		f.count(func() { f.failed++ })
		return
	}
	if f.others != "" && strings.HasPrefix(city, f.others) {
		return
	}
	saw := 0 // what was there before the first edit
	if text, ok := strings.CutPrefix(city, f.tag); ok {
		saw, _ = strconv.Atoi(text) // as edit wrote it
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if own > 0 {
		f.own++
		if saw < own {
			f.broken++
		}
		return
	}
	f.reads++
	if at, ok := f.users[user].replaced(saw, sent); ok {
		f.stale = append(f.stale, sent.Sub(at))
	}
}

// replaced says when a version was first replaced by an acknowledged one, if
// that was before a time.
func (h history) replaced(version int, before time.Time) (first time.Time, ok bool) {
	for i := version; i < len(h.acked); i++ { // acked[i] is version i+1
		at := h.acked[i]
		if !at.IsZero() && at.Before(before) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first, !first.IsZero()
}

func (f *freshness) count(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// ask sends a request of a user and returns the city in the answer.
func (f *freshness) ask(ctx context.Context, client *http.Client, method string, id int64, body []byte) (city string, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.bed.session.cfg.Workload.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("%s/users/%d", f.bed.url(), id), bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	var user struct {
		City string `json:"city"`
	}
	err = readJSON(res, &user)
	return user.City, err
}
