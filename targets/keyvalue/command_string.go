package keyvalue

import "rung/targets/resp"

func planGet(args [][]byte) (plan, error) {
	return plan{keys: args, read: func(t txn) (resp.Reply, error) {
		v, err := t.get(args[0])
		return bulk(v), err
	}}, nil
}

// planMGet answers null for a value of another kind, as Redis does.
func planMGet(args [][]byte) (plan, error) {
	return plan{keys: args, read: func(t txn) (resp.Reply, error) {
		out := make(resp.Array, len(args))
		for i, key := range args {
			v, err := t.get(key)
			if err != nil {
				v = nil
			}
			out[i] = bulk(v)
		}
		return out, nil
	}}, nil
}

// planExists counts a key as often as it is named, as Redis does.
func planExists(args [][]byte) (plan, error) {
	return plan{keys: args, read: func(t txn) (resp.Reply, error) {
		n := 0
		for _, key := range args {
			if t.exists(key) {
				n++
			}
		}
		return resp.Int(n), nil
	}}, nil
}

func planSet(args [][]byte) (plan, error) {
	onlyNew := false
	for _, arg := range args[2:] {
		if !option(arg, "NX") {
			return plan{}, errSyntax
		}
		onlyNew = true
	}
	return plan{keys: args[:1], write: func(t txn) (resp.Reply, bool, error) {
		if onlyNew && t.exists(args[0]) {
			return resp.Null{}, false, nil
		}
		return resp.Simple("OK"), true, t.set(args[0], args[1])
	}}, nil
}

func planDel(args [][]byte) (plan, error) {
	return plan{keys: args, write: func(t txn) (resp.Reply, bool, error) {
		n := 0
		for _, key := range args {
			there, err := t.del(key)
			if err != nil {
				return nil, false, err
			}
			if there {
				n++
			}
		}
		return resp.Int(n), n > 0, nil
	}}, nil
}
