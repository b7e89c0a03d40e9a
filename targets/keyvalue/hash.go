package keyvalue

import (
	"bytes"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// The bucket of a hash maps "f" and a field to the field's number and value, and
// "n" and a number to the field. Numbers count from 1 in the order in which fields
// came; as fields never leave a hash, the bucket's sequence is both the last number
// and the count. So a cursor of HSCAN is the number of the last field that was
// returned: scans are complete, return nothing twice, and cost no state.
const (
	prefixField  = 'f'
	prefixNumber = 'n'
)

func fieldKey(field []byte) []byte { return append([]byte{prefixField}, field...) }

func numberKey(n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefixNumber}, n)
}

// setFields sets pairs of field and value, and returns how many fields are new.
// With onlyNew, fields that are there keep their value.
func (t txn) setFields(key []byte, pairs [][]byte, onlyNew bool) (added int, err error) {
	b, err := t.inside(t.hashes, key, kindHash, true)
	if err != nil {
		return 0, err
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		isNew, err := setField(b, pairs[i], pairs[i+1], onlyNew)
		if err != nil {
			return 0, fmt.Errorf("set field %.40q of %.40q: %w", pairs[i], key, err)
		}
		if isNew {
			added++
		}
	}
	return added, nil
}

func setField(b *bolt.Bucket, field, value []byte, onlyNew bool) (isNew bool, err error) {
	old := b.Get(fieldKey(field))
	if old != nil && onlyNew {
		return false, nil
	}
	number := b.Sequence() + 1
	if old != nil {
		number = binary.BigEndian.Uint64(old)
	} else {
		if err := b.SetSequence(number); err != nil {
			return false, err
		}
		if err := b.Put(numberKey(number), field); err != nil {
			return false, err
		}
	}
	return old == nil, b.Put(fieldKey(field), append(ordinal(number), value...))
}

// field returns a field's value; nil means that there is none.
func (t txn) field(key, field []byte) ([]byte, error) {
	b, err := t.inside(t.hashes, key, kindHash, false)
	if b == nil {
		return nil, err
	}
	v := b.Get(fieldKey(field))
	if v == nil {
		return nil, nil
	}
	return append([]byte{}, v[8:]...), nil
}

// fields is how many fields a hash has.
func (t txn) fields(key []byte) (uint64, error) {
	b, err := t.inside(t.hashes, key, kindHash, false)
	if b == nil {
		return 0, err
	}
	return b.Sequence(), nil
}

// scan returns up to count pairs of field and value that come after the cursor, and
// the next cursor, which is 0 at the end.
func (t txn) scan(key []byte, cursor uint64, count int) (next uint64, pairs [][]byte, err error) {
	b, err := t.inside(t.hashes, key, kindHash, false)
	if b == nil || cursor >= b.Sequence() {
		return 0, nil, err
	}
	c := b.Cursor()
	for k, field := c.Seek(numberKey(cursor + 1)); k != nil && len(pairs) < 2*count; k, field = c.Next() {
		v := b.Get(fieldKey(field))
		pairs = append(pairs, bytes.Clone(field), bytes.Clone(v[8:]))
		next = binary.BigEndian.Uint64(k[1:])
	}
	if next == b.Sequence() {
		next = 0
	}
	return next, pairs, nil
}
