package replication

import (
	"slices"
	"testing"
	"time"

	"rung/targets"
)

// pass delivers what is on its way now of one kind between two members.
func (s *simulation) pass(k kind, from, to int) {
	match := func(p packet) bool { return p.m.kind == k && p.from == from && p.to == to && p.life == s.lives[to] }
	if !slices.ContainsFunc(s.wire, match) {
		panic("the scenario is wrong: a message is missing")
	}
	for i := slices.IndexFunc(s.wire, match); i >= 0; i = slices.IndexFunc(s.wire, match) {
		s.deliver(i)
	}
}

// grant has a primary beat, and members answer.
func (s *simulation) grant(from int, members ...int) {
	s.tick(from)
	for _, i := range members {
		s.pass(heartbeat, from, i)
		s.pass(heartbeatReply, i, from)
	}
}

// forgottenVote is the case that a replacement's inquiry is for. Of five
// members, a leads term 1 and loses touch; b asks around; x and z grant a its
// lease again; c votes for b in term 2 and loses its disk; a gives c data; x and
// c grant a its lease; z's grant ends and z votes for b, for which the vote
// counts that c has forgotten.
func forgottenVote(damage func(*core, time.Time)) (s *simulation, found string) {
	defer catch(&found)
	const a, b, c, z, x = 0, 1, 2, 3, 4
	const ms = time.Millisecond
	s = newSimulation(verdict{}, 5, targets.ModeAsynchronous, 1) // lease 20 ms, heartbeat 4 ms
	s.flow(5 * s.spec.Lease)
	s.damage, s.wire = damage, nil

	s.now = s.now.Add(s.spec.Lease + ms) // this is time 0
	s.tick(b)
	s.pass(poll, b, c)
	s.pass(poll, b, z)
	s.now = s.now.Add(ms) // 1 ms
	s.grant(a, x, z)      // until 21 ms
	s.pass(poll, b, x)
	s.pass(pollReply, x, b) // it may not vote now
	s.now = s.now.Add(2 * ms)
	s.pass(pollReply, c, b)
	s.pass(pollReply, z, b) // 3 ms: b stands until 23 ms, and its process stops
	s.pass(vote, b, c)
	s.wipe(c)
	s.tick(c)
	s.now = s.now.Add(2 * ms)
	s.grant(a, c) // 5 ms
	s.work(a)
	if len(s.transfers) > 0 {
		s.send(0)
		s.work(c)
	}
	s.now = s.now.Add(14 * ms)
	s.grant(a, x, c)          // 19 ms
	s.now = s.now.Add(3 * ms) // 22 ms
	s.pass(vote, b, z)
	s.pass(voteReply, c, b)
	s.pass(voteReply, z, b)
	if s.machines[b].core.role != primary {
		panic("the scenario is wrong: b is not elected")
	}
	s.work(b)
	s.pass(heartbeat, b, z)
	s.pass(heartbeat, b, x)
	s.pass(heartbeatReply, z, b)
	s.pass(heartbeatReply, x, b)
	if s.open() != b {
		panic("the scenario is wrong: b may not write")
	}
	s.damage = nil
	s.heal()
	return s, ""
}

// TestReplacementHasForgottenItsVote wants two members that acknowledge at one
// time when a replacement takes data at once, and one as it is.
func TestReplacementHasForgottenItsVote(t *testing.T) {
	if _, found := forgottenVote(func(c *core, _ time.Time) { c.inquiry.done = true }); found == "" {
		t.Error("without the inquiry nothing was found")
	} else {
		t.Log("without the inquiry:", found)
	}
	s, found := forgottenVote(nil)
	if found != "" {
		t.Fatal(found)
	}
	if s.lost() > 0 || s.machines[2].core.term < 2 {
		t.Errorf("the replacement did not join\n%s", s.picture())
	}
}
