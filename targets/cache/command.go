package cache

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"rung/targets/resp"
)

// The errors of Redis.
const (
	errSyntax   = resp.Error("ERR syntax error")
	errInteger  = resp.Error("ERR value is not an integer or out of range")
	errOverflow = resp.Error("ERR increment or decrement would overflow")
	errMemory   = resp.Error("OOM command not allowed when used memory > 'maxmemory'.")
)

// work is a command whose arguments are checked: what is left is to do it.
type work func(e *engine) resp.Reply

// command is how many arguments a command takes, its name not counted, whether it
// takes more than that, and what they mean. Its errors are of type resp.Error.
type command struct {
	args int
	more bool
	plan func(args [][]byte) (work, error)
}

func commands() map[string]command {
	return map[string]command{
		"GET":      {1, false, planGet},
		"MGET":     {1, true, planMGet},
		"SET":      {2, true, planSet},
		"SETEX":    {3, false, planSetEX},
		"MSET":     {2, true, planMSet},
		"INCR":     {1, false, planIncr},
		"DEL":      {1, true, planDel},
		"EXISTS":   {1, true, planExists},
		"TTL":      {1, false, planTTL(time.Second, time.Second/2)},
		"PTTL":     {1, false, planTTL(time.Millisecond, time.Millisecond-1)},
		"EXPIRE":   {2, false, planExpire},
		"PERSIST":  {1, false, planPersist},
		"DBSIZE":   {0, false, planDBSize},
		"FLUSHALL": {0, true, planFlushAll},
	}
}

// prepare checks a command's arguments.
func (c command) prepare(cmd resp.Command) (work, error) {
	n := len(cmd.Args)
	if n < c.args || (n > c.args && !c.more) {
		return nil, resp.WrongArity(cmd.Name)
	}
	return c.plan(cmd.Args)
}

// option reports whether an argument is a word, in any case.
func option(arg []byte, word string) bool { return bytes.EqualFold(arg, []byte(word)) }

// maxLifetime bounds how long an entry may be asked to stay: so long that no process
// sees the end, and that no sum overflows.
const maxLifetime = math.MaxInt64 / 2 * time.Nanosecond // 146 years

// lifetime reads a positive number of units.
func lifetime(command string, arg []byte, unit time.Duration) (time.Duration, error) {
	n, err := strconv.ParseInt(string(arg), 10, 64)
	switch {
	case err != nil:
		return 0, errInteger
	case n <= 0 || n > int64(maxLifetime/unit):
		return 0, resp.Error("ERR invalid expire time in '" + command + "' command")
	}
	return time.Duration(n) * unit, nil
}

// after is the deadline of an entry that lives for d from now.
func (now instant) after(d time.Duration) instant { return now + instant(d) }

// bulk is the reply for a value, or for none.
func bulk(value []byte, found bool) resp.Reply {
	if !found {
		return resp.Null{}
	}
	return resp.Bulk(value)
}
