package web

import (
	"strconv"
	"time"

	"rung/targets/machine"
	"rung/targets/store"
)

// Timing is where the time of one request went, as its Server-Timing header
// (W3C Server Timing) tells it. The metrics, in this order, durations in
// milliseconds with up to three decimals:
//
//	web-queue   queued for the web server's CPU
//	web-cpu     served by it
//	cache-net   asked and filled the cache in front of the store, or deleted
//	            what a write made stale
//	cache       desc is what a read found there: hit, miss, shared, skipped
//	db-conn     waited for a connection to the store
//	db-queue    queued in the store, by its own word
//	db-work     served in the store, by its own word
//	db-net      the rest of the store's time: the wire and the protocol
//	db          all of the store's time but db-conn, in place of the last
//	            three when the store says nothing of itself
//	db-miss     desc is the count of pages read from disk, when above zero
//	sess-conn   waited for a connection to the session store
//	sess-queue  queued there, by its own word
//	sess-work   served there, by its own word
//	sess-net    the rest of its time
//	sess        all of its time, in place of the last four when it says
//	            nothing of itself
//	queue       until the queue had the job for good
//
// The cache metrics are there only when a cache took part, the db metrics
// only when the store was asked and no cache had the answer, the sess metrics
// only when sessions are kept elsewhere and were asked for, queue only when a
// photo went there. Those of cache and
// db add up to the time of the call, and those of sess to that of theirs.
type Timing struct {
	Web machine.Span
	// Store is the call of the store, if Asked.
	Store store.Timing
	Asked bool
	// Session is the call of the session store. The zero value is none.
	Session store.Timing
	// Queue is the call of the queue, if Queued.
	Queue  time.Duration
	Queued bool
}

// AppendTo appends the header's value to b. It allocates only to grow b.
func (t Timing) AppendTo(b []byte) []byte {
	b = appendMetric(b, "web-queue", t.Web.Queued)
	b = append(b, ", "...)
	b = appendMetric(b, "web-cpu", t.Web.Served)
	if t.Asked {
		b = appendCache(b, t.Store)
		if t.Store.Outcome != store.OutcomeHit {
			b = appendStore(b, t.Store)
		}
	}
	if t.Session != (store.Timing{}) {
		b = appendSession(b, t.Session)
	}
	if t.Queued {
		b = append(b, ", "...)
		b = appendMetric(b, "queue", t.Queue)
	}
	return b
}

func appendCache(b []byte, t store.Timing) []byte {
	if t.Cache == 0 && t.Outcome == "" {
		return b
	}
	b = append(b, ", "...)
	b = appendMetric(b, "cache-net", t.Cache)
	if t.Outcome != "" {
		b = append(b, `, cache;desc="`...)
		b = append(b, t.Outcome...)
		b = append(b, '"')
	}
	return b
}

// appendStore leaves the cache's time out.
func appendStore(b []byte, t store.Timing) []byte {
	b = append(b, ", "...)
	b = appendMetric(b, "db-conn", t.Wait)
	b = append(b, ", "...)
	call := t.Total - t.Wait - t.Cache
	if !t.Known {
		return appendMetric(b, "db", call)
	}
	b = appendMetric(b, "db-queue", t.Queued)
	b = append(b, ", "...)
	b = appendMetric(b, "db-work", t.Served)
	b = append(b, ", "...)
	b = appendMetric(b, "db-net", call-t.Queued-t.Served)
	if t.Misses > 0 {
		b = append(b, `, db-miss;desc="`...)
		b = strconv.AppendInt(b, int64(t.Misses), 10)
		b = append(b, '"')
	}
	return b
}

func appendSession(b []byte, t store.Timing) []byte {
	b = append(b, ", "...)
	if !t.Known {
		return appendMetric(b, "sess", t.Total)
	}
	b = appendMetric(b, "sess-conn", t.Wait)
	b = append(b, ", "...)
	b = appendMetric(b, "sess-queue", t.Queued)
	b = append(b, ", "...)
	b = appendMetric(b, "sess-work", t.Served)
	b = append(b, ", "...)
	return appendMetric(b, "sess-net", t.Total-t.Wait-t.Queued-t.Served)
}

// appendMetric appends name;dur=ms. Two clocks are at work, so a difference
// of theirs can be a little below zero: that is zero.
func appendMetric(b []byte, name string, d time.Duration) []byte {
	b = append(b, name...)
	b = append(b, ";dur="...)
	micros := int64(max(d, 0).Round(time.Microsecond) / time.Microsecond)
	b = strconv.AppendInt(b, micros/1000, 10)
	rest := micros % 1000
	if rest == 0 {
		return b
	}
	return append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}
