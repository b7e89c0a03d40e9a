package keyvalue

import (
	"bytes"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"rung/targets/resp"
)

// errWrongType is Redis' answer to a command on a value of another kind.
const errWrongType = resp.Error("WRONGTYPE Operation against a key holding the wrong kind of value")

// txn is what commands do in one transaction. Byte slices that it returns are
// copies.
type txn struct {
	keys, hashes, lists *bolt.Bucket
}

func newTxn(tx *bolt.Tx) txn {
	return txn{
		keys:   tx.Bucket([]byte(bucketKeys)),
		hashes: tx.Bucket([]byte(bucketHashes)),
		lists:  tx.Bucket([]byte(bucketLists)),
	}
}

// size is the number of keys.
func (t txn) size() uint64 { return t.keys.Sequence() }

func (t txn) exists(key []byte) bool { return t.keys.Get(key) != nil }

// holds reports whether there is a value of that kind; one of another kind is an
// error.
func (t txn) holds(key []byte, kind byte) (bool, error) {
	v := t.keys.Get(key)
	if v != nil && v[0] != kind {
		return false, errWrongType
	}
	return v != nil, nil
}

// get returns a string; nil means that there is none.
func (t txn) get(key []byte) ([]byte, error) {
	if there, err := t.holds(key, kindString); !there {
		return nil, err
	}
	return append([]byte{}, t.keys.Get(key)[1:]...), nil
}

// set replaces whatever the key held by a string.
func (t txn) set(key, value []byte) error {
	if v := t.keys.Get(key); v != nil && v[0] != kindString {
		if _, err := t.del(key); err != nil {
			return err
		}
	}
	return t.put(key, append([]byte{kindString}, value...))
}

// put writes into the bucket of keys and counts a new key.
func (t txn) put(key, value []byte) error {
	if t.keys.Get(key) == nil {
		if err := t.keys.SetSequence(t.keys.Sequence() + 1); err != nil {
			return fmt.Errorf("count key %.40q: %w", key, err)
		}
	}
	if err := t.keys.Put(key, value); err != nil {
		return fmt.Errorf("put key %.40q: %w", key, err)
	}
	return nil
}

// del removes a key of any kind and reports whether it was there.
func (t txn) del(key []byte) (bool, error) {
	v := t.keys.Get(key)
	if v == nil {
		return false, nil
	}
	var err error
	switch v[0] {
	case kindHash:
		err = t.hashes.DeleteBucket(key)
	case kindList:
		err = t.lists.DeleteBucket(key)
	}
	if err == nil {
		err = t.keys.Delete(key)
	}
	if err == nil {
		err = t.keys.SetSequence(t.keys.Sequence() - 1)
	}
	if err != nil {
		return false, fmt.Errorf("delete key %.40q: %w", key, err)
	}
	return true, nil
}

// inside returns the bucket of a hash or list. With create it makes it when the key
// is not there; without, nil means that there is none.
func (t txn) inside(parent *bolt.Bucket, key []byte, kind byte, create bool) (*bolt.Bucket, error) {
	there, err := t.holds(key, kind)
	if err != nil {
		return nil, err
	}
	if there || !create {
		return parent.Bucket(key), nil
	}
	if err := t.put(key, []byte{kind}); err != nil {
		return nil, err
	}
	b, err := parent.CreateBucket(key)
	if err != nil {
		return nil, fmt.Errorf("create %.40q: %w", key, err)
	}
	return b, nil
}

// push appends to a list and returns its length. The bucket of a list maps the
// index of each element to it; its sequence is the length.
func (t txn) push(key []byte, values [][]byte) (uint64, error) {
	b, err := t.inside(t.lists, key, kindList, true)
	if err != nil {
		return 0, err
	}
	length := b.Sequence()
	for _, v := range values {
		if err := b.Put(ordinal(length), v); err != nil {
			return 0, fmt.Errorf("push to %.40q: %w", key, err)
		}
		length++
	}
	if err := b.SetSequence(length); err != nil {
		return 0, fmt.Errorf("push to %.40q: %w", key, err)
	}
	return length, nil
}

// slice returns the elements of a list from first to last, both included; negative
// ones count from the end.
func (t txn) slice(key []byte, first, last int64) ([][]byte, error) {
	b, err := t.inside(t.lists, key, kindList, false)
	if b == nil {
		return nil, err
	}
	length := int64(b.Sequence())
	if first < 0 {
		first = max(first+length, 0)
	}
	if last < 0 {
		last += length
	}
	last = min(last, length-1)
	if first > last {
		return nil, nil
	}
	if last-first >= maxElements {
		return nil, resp.Error(fmt.Sprintf("ERR range is longer than %d elements", maxElements))
	}
	out := make([][]byte, 0, last-first+1)
	c := b.Cursor()
	for k, v := c.Seek(ordinal(uint64(first))); k != nil && int64(len(out)) <= last-first; k, v = c.Next() {
		out = append(out, bytes.Clone(v))
	}
	return out, nil
}

// ordinal is a number as a bbolt key: big-endian, so that keys sort as numbers do.
func ordinal(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
