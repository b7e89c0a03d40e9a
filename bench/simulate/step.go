package simulate

import (
	"time"

	"rung/targets"
)

// Step is one thing that a request does. Make it with Delay, DelayOneOf, Work,
// Hold, HoldServer, Leave, Apply, Fork or Background; the zero Step is Delay(0).
type Step struct {
	kind     stepKind
	index    int // of a station, group or applier
	server   int // 1 + that of HoldServer
	need     int
	delays   []time.Duration
	law      targets.Law
	branches []Branch
}

type stepKind uint8

const (
	stepDelay stepKind = iota
	stepWork
	stepHold
	stepLeave
	stepApply
	stepFork
)

// Branch is one of several things that a request does at once.
type Branch struct {
	// Chance that a request does it, 0 to 1.
	Chance float64
	Steps  []Step
}

// Delay waits without holding anything: a wire, or software that is not
// emulated.
func Delay(d time.Duration) Step { return Step{kind: stepDelay, delays: []time.Duration{d}} }

// DelayOneOf is a Delay of one of some lengths, each as likely.
func DelayOneOf(ds ...time.Duration) Step { return Step{kind: stepDelay, delays: ds} }

// Work takes slot time by a law at a station: at the server of its group that
// the request holds, or, when it holds none, at one that it picks for this
// work only.
func Work(station int, law targets.Law) Step {
	return Step{kind: stepWork, index: station, law: law}
}

// Hold picks a server of a group, which is used until Leave, or until the route
// or branch ends. For the policies that count requests it counts there.
func Hold(group int) Step { return Step{kind: stepHold, index: group} }

// HoldServer uses one server, 0-based, of the request's cell until the route or
// branch ends. No policy counts it.
func HoldServer(group, server int) Step {
	return Step{kind: stepHold, index: group, server: server + 1}
}

// Leave ends a Hold.
func Leave(group int) Step { return Step{kind: stepLeave, index: group} }

// Apply waits until an applier, at the server that the request holds, has
// applied the item that the request brings. The server must be held.
func Apply(applier int) Step { return Step{kind: stepApply, index: applier} }

// Fork does branches at once and goes on when need of them are done; 0 means
// all. The others go on by themselves. The request fails when not enough of the
// branches that it does can be done.
func Fork(need int, branches ...Branch) Step {
	return Step{kind: stepFork, need: need, branches: branches}
}

// Background does steps that the request does not wait for.
func Background(branches ...Branch) Step {
	return Step{kind: stepFork, need: nobody, branches: branches}
}

// nobody waits for the branches.
const nobody = -1

// Applier is something at each server of a group that applies what comes in
// batches: while it is at one batch the next one gathers. A batch takes each
// item's work in turn, and then one access.
type Applier struct {
	// Station of each item's Item; -1 is none.
	Station int
	Item    targets.Law
	// Disk is the station of the batch's Access; -1 is none.
	Disk   int
	Access targets.Law
	// Group whose servers each have one. Both stations must be its own.
	Group int
}
