package keyvalue

import (
	"strconv"

	"rung/targets/resp"
)

func planHGet(args [][]byte) (plan, error) {
	return plan{keys: args[:1], read: func(t txn) (resp.Reply, error) {
		v, err := t.field(args[0], args[1])
		return bulk(v), err
	}}, nil
}

func planHLen(args [][]byte) (plan, error) {
	return plan{keys: args, read: func(t txn) (resp.Reply, error) {
		n, err := t.fields(args[0])
		return resp.Int(n), err
	}}, nil
}

// planHScan is HSCAN key cursor [COUNT n], without MATCH. COUNT is exact here, not
// a hint, up to half of maxElements.
func planHScan(args [][]byte) (plan, error) {
	cursor, err := strconv.ParseUint(string(args[1]), 10, 64)
	if err != nil {
		return plan{}, errCursor
	}
	count := 10
	for rest := args[2:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) < 2 || !option(rest[0], "COUNT") {
			return plan{}, errSyntax
		}
		if count, err = strconv.Atoi(string(rest[1])); err != nil {
			return plan{}, errInteger
		}
		if count < 1 {
			return plan{}, errSyntax
		}
	}
	count = min(count, maxElements/2)
	return plan{keys: args[:1], read: func(t txn) (resp.Reply, error) {
		next, pairs, err := t.scan(args[0], cursor, count)
		return resp.Array{resp.Bulk(strconv.FormatUint(next, 10)), bulks(pairs)}, err
	}}, nil
}

func planHSet(args [][]byte) (plan, error) {
	if len(args)%2 == 0 {
		return plan{}, resp.WrongArity("HSET")
	}
	for i := 1; i < len(args); i += 2 {
		if err := checkKey("field", args[i]); err != nil {
			return plan{}, err
		}
	}
	return plan{keys: args[:1], write: func(t txn) (resp.Reply, bool, error) {
		added, err := t.setFields(args[0], args[1:], false)
		return resp.Int(added), true, err
	}}, nil
}

func planHSetNX(args [][]byte) (plan, error) {
	if err := checkKey("field", args[1]); err != nil {
		return plan{}, err
	}
	return plan{keys: args[:1], write: func(t txn) (resp.Reply, bool, error) {
		added, err := t.setFields(args[0], args[1:], true)
		return resp.Int(added), added > 0, err
	}}, nil
}
