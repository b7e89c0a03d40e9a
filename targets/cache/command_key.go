package cache

import (
	"strconv"
	"time"

	"rung/targets/resp"
)

func planDel(args [][]byte) (work, error) {
	return func(e *engine) resp.Reply {
		now := e.begin()
		defer e.mu.Unlock()
		n := 0
		for _, key := range args {
			if it := e.find(key, now); it != nil {
				e.remove(it)
				n++
			}
		}
		return resp.Int(n)
	}, nil
}

// planExists counts a key as often as it is named, as Redis does.
func planExists(args [][]byte) (work, error) {
	return func(e *engine) resp.Reply {
		now := e.begin()
		defer e.mu.Unlock()
		n := 0
		for _, key := range args {
			if e.find(key, now) != nil {
				n++
			}
		}
		return resp.Int(n)
	}, nil
}

// planTTL answers in units: seconds are rounded to the nearest, as in Redis, and
// milliseconds up.
func planTTL(unit, rounding time.Duration) func([][]byte) (work, error) {
	return func(args [][]byte) (work, error) {
		return func(e *engine) resp.Reply {
			now := e.begin()
			defer e.mu.Unlock()
			it := e.find(args[0], now)
			switch {
			case it == nil:
				return resp.Int(-2)
			case it.expires == never:
				return resp.Int(-1)
			}
			return resp.Int((time.Duration(it.expires-now) + rounding) / unit)
		}, nil
	}
}

// planExpire deletes the key when its time is over at once.
func planExpire(args [][]byte) (work, error) {
	n, err := strconv.ParseInt(string(args[1]), 10, 64)
	if err != nil {
		return nil, errInteger
	}
	var d time.Duration
	if n > 0 {
		if d, err = lifetime("expire", args[1], time.Second); err != nil {
			return nil, err
		}
	}
	return func(e *engine) resp.Reply {
		now := e.begin()
		defer e.mu.Unlock()
		it := e.find(args[0], now)
		switch {
		case it == nil:
			return resp.Int(0)
		case d == 0:
			e.remove(it)
		default:
			e.schedule(it, now.after(d))
		}
		return resp.Int(1)
	}, nil
}

func planPersist(args [][]byte) (work, error) {
	return func(e *engine) resp.Reply {
		now := e.begin()
		defer e.mu.Unlock()
		it := e.find(args[0], now)
		if it == nil || it.expires == never {
			return resp.Int(0)
		}
		e.schedule(it, never)
		return resp.Int(1)
	}, nil
}

func planDBSize([][]byte) (work, error) {
	return func(e *engine) resp.Reply { return resp.Int(e.usage().entries) }, nil
}

// planFlushAll frees everything at once, whatever it is asked: the old memory is left
// to the garbage collector.
func planFlushAll(args [][]byte) (work, error) {
	if len(args) > 1 || (len(args) == 1 && !option(args[0], "ASYNC") && !option(args[0], "SYNC")) {
		return nil, errSyntax
	}
	return func(e *engine) resp.Reply {
		e.begin()
		defer e.mu.Unlock()
		e.clear()
		return resp.Simple("OK")
	}, nil
}
