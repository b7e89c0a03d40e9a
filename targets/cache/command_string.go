package cache

import (
	"strconv"
	"time"

	"rung/targets/resp"
)

func planGet(args [][]byte) (work, error) {
	return func(e *engine) resp.Reply {
		now := e.begin()
		defer e.mu.Unlock()
		return bulk(e.read(args[0], now))
	}, nil
}

func planMGet(args [][]byte) (work, error) {
	return func(e *engine) resp.Reply {
		now := e.begin()
		defer e.mu.Unlock()
		out := make(resp.Array, len(args))
		for i, key := range args {
			out[i] = bulk(e.read(key, now))
		}
		return out
	}, nil
}

// setting is a SET with its options.
type setting struct {
	key, value []byte
	lifetime   time.Duration // 0: until it is evicted
	keep       bool          // the lifetime that the key has
	onlyNew    bool
	onlyOld    bool
	old        bool // answers the value of before
}

func planSet(args [][]byte) (work, error) {
	s := setting{key: args[0], value: args[1]}
	rest := args[2:]
	for len(rest) > 0 {
		unit := time.Second
		switch {
		case option(rest[0], "NX") && !s.onlyOld:
			s.onlyNew = true
		case option(rest[0], "XX") && !s.onlyNew:
			s.onlyOld = true
		case option(rest[0], "GET"):
			s.old = true
		case option(rest[0], "KEEPTTL") && s.lifetime == 0:
			s.keep = true
		case option(rest[0], "PX"):
			unit = time.Millisecond
			fallthrough
		case option(rest[0], "EX"):
			if len(rest) < 2 || s.keep || s.lifetime != 0 {
				return nil, errSyntax
			}
			d, err := lifetime("set", rest[1], unit)
			if err != nil {
				return nil, err
			}
			s.lifetime = d
			rest = rest[1:]
		default:
			return nil, errSyntax
		}
		rest = rest[1:]
	}
	return s.carryOut, nil
}

func planSetEX(args [][]byte) (work, error) {
	d, err := lifetime("setex", args[1], time.Second)
	if err != nil {
		return nil, err
	}
	return setting{key: args[0], value: args[2], lifetime: d}.carryOut, nil
}

func (s setting) carryOut(e *engine) resp.Reply {
	now := e.begin()
	defer e.mu.Unlock()
	if !e.fits(s.key, s.value) {
		return errMemory
	}
	before := resp.Reply(resp.Null{})
	if s.old {
		before = bulk(e.read(s.key, now))
	}
	it := e.find(s.key, now)
	if (s.onlyNew && it != nil) || (s.onlyOld && it == nil) {
		return before // null, unless GET asks for it
	}
	expires := never
	switch {
	case s.lifetime > 0:
		expires = now.after(s.lifetime)
	case s.keep && it != nil:
		expires = it.expires
	}
	e.write(s.key, s.value, expires, now)
	if s.old {
		return before
	}
	return resp.Simple("OK")
}

// planMSet sets all keys or, when one of them can never fit, none.
func planMSet(args [][]byte) (work, error) {
	if len(args)%2 != 0 {
		return nil, resp.WrongArity("mset")
	}
	return func(e *engine) resp.Reply {
		now := e.begin()
		defer e.mu.Unlock()
		for i := 0; i < len(args); i += 2 {
			if !e.fits(args[i], args[i+1]) {
				return errMemory
			}
		}
		for i := 0; i < len(args); i += 2 {
			e.write(args[i], args[i+1], never, now)
		}
		return resp.Simple("OK")
	}, nil
}

// planIncr keeps the lifetime that the key has.
func planIncr(args [][]byte) (work, error) {
	return func(e *engine) resp.Reply {
		now := e.begin()
		defer e.mu.Unlock()
		n, expires := int64(0), never
		if it := e.find(args[0], now); it != nil {
			var err error
			n, err = strconv.ParseInt(string(it.value), 10, 64)
			if err != nil || strconv.FormatInt(n, 10) != string(it.value) { // no sign or zero in front
				return errInteger
			}
			expires = it.expires
		}
		if n+1 < n {
			return errOverflow
		}
		text := strconv.AppendInt(nil, n+1, 10)
		if !e.fits(args[0], text) {
			return errMemory
		}
		e.write(args[0], text, expires, now)
		return resp.Int(n + 1)
	}, nil
}
