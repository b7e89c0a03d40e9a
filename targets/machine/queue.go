package machine

import "time"

// queue is the emulation without clocks or locks: a set of equal slots behind
// one first-in-first-out line. Times are durations since any fixed moment.
//
// It is an exact discrete-event simulation driven by the arrivals: when a job
// arrives, everything that happened before is replayed in order first. So a
// job that is cut into pieces goes to the back of the line at the very moment
// its piece ended, however late its goroutine woke up.
//
// Calls must not go back in time. It is not safe for concurrent use.
type queue struct {
	slots   []time.Duration // when each slot is free; a min-heap
	bound   int             // how many may wait
	quantum time.Duration   // longest piece; 0 means that jobs are not cut

	pieces  heap // the present piece of every unfinished job
	waiting line // start times of the pieces that wait
	now     time.Duration
	turn    uint64

	peak    int
	served  int64
	refused int64
	waited  time.Duration
	busy    time.Duration // of ended pieces
}

// job is one piece of work. Its present piece runs from start to finish.
type job struct {
	start, finish time.Duration
	rest          time.Duration // demand after the present piece
	queued        time.Duration // waited so far, including for the present piece
	done          bool
	account       *account
	turn          uint64 // breaks ties: first come, first served
}

// soonest is when the whole job can be finished at the earliest, and is
// finished if it has no further piece: before it, nobody needs to look.
func (j *job) soonest() time.Duration { return j.finish + j.rest }

// account adds up the slot time of one role.
type account struct{ busy time.Duration }

func newQueue(slots, bound int, quantum time.Duration) *queue {
	return &queue{slots: make([]time.Duration, slots), bound: bound, quantum: quantum}
}

// offer brings a job with that much work at time now. False means that it was
// refused, because every slot is taken and the line is full.
func (q *queue) offer(now, demand time.Duration, j *job) bool {
	q.advance(now)
	if q.slots[0] > now && q.waiting.len() >= q.bound {
		q.refused++
		return false
	}
	j.rest = demand
	q.enter(now, j)
	return true
}

// enter gives the next piece of j the slot that is free first, and tells by
// that when it will start and finish: in a first-in-first-out line nothing
// that comes later can change it.
func (q *queue) enter(at time.Duration, j *job) {
	piece := j.rest
	if q.quantum > 0 {
		piece = min(piece, q.quantum)
	}
	j.start = max(at, q.slots[0])
	j.finish = j.start + piece
	j.rest -= piece
	j.queued += j.start - at
	j.turn = q.turn
	q.turn++
	q.slots[0] = j.finish
	siftDown(q.slots)
	q.pieces.push(j)
	if j.start > at {
		q.waiting.push(j.start)
		q.peak = max(q.peak, q.waiting.len())
	}
}

// advance replays what happens until now.
func (q *queue) advance(now time.Duration) {
	q.now = max(q.now, now)
	for len(q.pieces) > 0 && q.pieces[0].finish <= q.now {
		j := q.pieces.pop()
		q.waiting.drop(j.finish)
		length := j.finish - j.start
		q.busy += length
		j.account.busy += length
		if j.rest > 0 {
			q.enter(j.finish, j)
			continue
		}
		j.done = true
		q.served++
		q.waited += j.queued
	}
	q.waiting.drop(q.now)
}

// abandon drops what is left of j after its present piece.
func (q *queue) abandon(j *job) { j.rest = 0 }

// used returns the slot time handed out until now, and calls each with the
// part of it that belongs to a piece not yet ended.
func (q *queue) used(each func(*account, time.Duration)) time.Duration {
	total := q.busy
	for _, j := range q.pieces {
		if part := q.now - j.start; part > 0 {
			total += part
			each(j.account, part)
		}
	}
	return total
}
