package keyvalue

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"rung/targets"
	"rung/targets/resp"
)

// The top-level buckets of the file. Sequences of buckets, which bbolt stores and
// otherwise ignores, are used as counters.
const (
	// bucketKeys holds every key. The first byte of a value is its kind; the
	// value of a string follows. Its sequence is the number of keys.
	bucketKeys = "keys"
	// bucketHashes and bucketLists hold one bucket for each hash and list.
	bucketHashes = "hashes"
	bucketLists  = "lists"
	// bucketMeta holds, under metaData, the targets.Data that the file was filled
	// with.
	bucketMeta = "meta"
	metaData   = "data"
)

// The kinds of values.
const (
	kindString byte = 's'
	kindHash   byte = 'h'
	kindList   byte = 'l'
)

// maxKey is the longest key or field in bytes. It is bbolt's limit, less one byte
// for a prefix.
const maxKey = bolt.MaxKeySize - 1

// errUnchanged rolls a write back that has nothing to write, which saves its fsync.
var errUnchanged = errors.New("nothing changed")

// engine is the storage: transactions on one bbolt file. It is safe for concurrent
// use.
type engine struct {
	db      *bolt.DB
	commits atomic.Int64
}

// openFile opens a file for one process. It waits a few seconds for a lock that a
// process which was just killed may still hold.
func openFile(path string, fsync targets.Fsync) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:      5 * time.Second,
		NoSync:       fsync == targets.FsyncOff,
		FreelistType: bolt.FreelistMapType,
		// Address space only. While the file fits into it, a growing file does not
		// have to wait for readers.
		InitialMmapSize: 256 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

func (e *engine) close() error {
	if err := e.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", e.db.Path(), err)
	}
	return nil
}

// view runs a read in a transaction that sees one state of the store. An error of
// type resp.Error is the client's, any other one the engine's.
func (e *engine) view(read func(txn) (resp.Reply, error)) (reply resp.Reply, err error) {
	err = e.db.View(func(tx *bolt.Tx) error {
		reply, err = read(newTxn(tx))
		return err
	})
	return reply, err
}

// update runs a write and commits what it changed, before it returns.
func (e *engine) update(write func(txn) (reply resp.Reply, changed bool, err error)) (reply resp.Reply, err error) {
	err = e.db.Update(func(tx *bolt.Tx) error {
		r, changed, err := write(newTxn(tx))
		if err == nil && !changed {
			err = errUnchanged
		}
		reply = r
		return err
	})
	switch {
	case errors.Is(err, errUnchanged):
		return reply, nil
	case err != nil:
		return nil, err
	}
	e.commits.Add(1)
	return reply, nil
}
