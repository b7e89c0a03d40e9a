package keyvalue

import (
	"bytes"
	"fmt"
	"strconv"

	"rung/targets/resp"
)

// maxElements bounds the elements of one reply.
const maxElements = 1 << 16

// The errors of Redis for arguments that make no sense.
const (
	errSyntax  = resp.Error("ERR syntax error")
	errInteger = resp.Error("ERR value is not an integer or out of range")
	errCursor  = resp.Error("ERR invalid cursor")
)

// plan is a command whose arguments are checked. Exactly one of read and write is
// set.
type plan struct {
	keys  [][]byte // that it touches
	read  func(txn) (resp.Reply, error)
	write func(txn) (reply resp.Reply, changed bool, err error)
}

// command is how many arguments a command takes, its name not counted, whether it
// takes more than that, and what it does with them.
type command struct {
	args int
	more bool
	plan func(args [][]byte) (plan, error)
}

func commands() map[string]command {
	return map[string]command{
		"GET":    {1, false, planGet},
		"MGET":   {1, true, planMGet},
		"EXISTS": {1, true, planExists},
		"SET":    {2, true, planSet},
		"DEL":    {1, true, planDel},
		"HGET":   {2, false, planHGet},
		"HLEN":   {1, false, planHLen},
		"HSCAN":  {2, true, planHScan},
		"HSET":   {3, true, planHSet},
		"HSETNX": {3, false, planHSetNX},
		"RPUSH":  {2, true, planRPush},
		"LRANGE": {3, false, planLRange},
		"DBSIZE": {0, false, planDBSize},
	}
}

// prepare checks a command's arguments.
func (c command) prepare(cmd resp.Command) (plan, error) {
	n := len(cmd.Args)
	if n < c.args || (n > c.args && !c.more) {
		return plan{}, resp.WrongArity(cmd.Name)
	}
	p, err := c.plan(cmd.Args)
	if err != nil {
		return plan{}, err
	}
	for _, key := range p.keys {
		if err := checkKey("key", key); err != nil {
			return plan{}, err
		}
	}
	return p, nil
}

// checkKey keeps to the limits of bbolt, which are narrower than those of Redis.
func checkKey(what string, key []byte) error {
	if len(key) == 0 || len(key) > maxKey {
		return resp.Error(fmt.Sprintf("ERR %s has %d bytes: this store allows 1 to %d", what, len(key), maxKey))
	}
	return nil
}

// bulk is the reply for a value, or for none.
func bulk(v []byte) resp.Reply {
	if v == nil {
		return resp.Null{}
	}
	return resp.Bulk(v)
}

func bulks(vs [][]byte) resp.Array {
	out := make(resp.Array, len(vs))
	for i, v := range vs {
		out[i] = bulk(v)
	}
	return out
}

func planDBSize([][]byte) (plan, error) {
	return plan{read: func(t txn) (resp.Reply, error) { return resp.Int(t.size()), nil }}, nil
}

func planLRange(args [][]byte) (plan, error) {
	first, err1 := strconv.ParseInt(string(args[1]), 10, 64)
	last, err2 := strconv.ParseInt(string(args[2]), 10, 64)
	if err1 != nil || err2 != nil {
		return plan{}, errInteger
	}
	return plan{keys: args[:1], read: func(t txn) (resp.Reply, error) {
		vs, err := t.slice(args[0], first, last)
		return bulks(vs), err
	}}, nil
}

func planRPush(args [][]byte) (plan, error) {
	return plan{keys: args[:1], write: func(t txn) (resp.Reply, bool, error) {
		length, err := t.push(args[0], args[1:])
		return resp.Int(length), true, err
	}}, nil
}

// option reports whether an argument is a word, in any case.
func option(arg []byte, word string) bool { return bytes.EqualFold(arg, []byte(word)) }
