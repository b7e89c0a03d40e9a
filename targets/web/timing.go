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
//	web-queue  queued for the web server's CPU
//	web-cpu    served by it
//	db-conn    waited for a connection to the store
//	db-queue   queued in the store, by its own word
//	db-work    served in the store, by its own word
//	db-net     the rest of the store's time: the wire and the protocol
//	db         all of the store's time but db-conn, in place of the last
//	           three when the store says nothing of itself
//	db-miss    desc is the count of pages read from disk, when above zero
//
// The db metrics are there only when the store was asked. They add up to the
// time of its call.
type Timing struct {
	Web machine.Span
	// Store is the call of the store, if Asked.
	Store store.Timing
	Asked bool
}

// AppendTo appends the header's value to b. It allocates only to grow b.
func (t Timing) AppendTo(b []byte) []byte {
	b = appendMetric(b, "web-queue", t.Web.Queued)
	b = append(b, ", "...)
	b = appendMetric(b, "web-cpu", t.Web.Served)
	if !t.Asked {
		return b
	}
	b = append(b, ", "...)
	b = appendMetric(b, "db-conn", t.Store.Wait)
	b = append(b, ", "...)
	call := t.Store.Total - t.Store.Wait
	if !t.Store.Known {
		return appendMetric(b, "db", call)
	}
	b = appendMetric(b, "db-queue", t.Store.Queued)
	b = append(b, ", "...)
	b = appendMetric(b, "db-work", t.Store.Served)
	b = append(b, ", "...)
	b = appendMetric(b, "db-net", call-t.Store.Queued-t.Store.Served)
	if t.Store.Misses > 0 {
		b = append(b, `, db-miss;desc="`...)
		b = strconv.AppendInt(b, int64(t.Store.Misses), 10)
		b = append(b, '"')
	}
	return b
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
