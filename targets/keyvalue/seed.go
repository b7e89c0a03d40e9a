package keyvalue

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"rung/targets"
	"rung/targets/shop"
)

// The store's file, and the name it has until it is filled: a file that was not
// filled to the end never gets its real name, and is made anew.
const (
	fileName    = "keyvalue.db"
	fileUnready = "keyvalue.db.unready"
)

// seedBatch is how many users, with their orders, one transaction fills in.
const seedBatch = 5000

// openEngine opens the store in a directory, and fills it first when there is none.
func openEngine(directory string, data targets.Data, fsync targets.Fsync) (*engine, error) {
	path := filepath.Join(directory, fileName)
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = seed(directory, data)
	}
	if err != nil {
		return nil, fmt.Errorf("fill store in %s: %w", directory, err)
	}
	db, err := openFile(path, fsync)
	if err != nil {
		return nil, err
	}
	if err := checkData(db, data); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &engine{db: db}, nil
}

// checkData refuses a file that was filled with another data set.
func checkData(db *bolt.DB, want targets.Data) error {
	return db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte(bucketMeta))
		if meta == nil {
			return fmt.Errorf("%s is not a store of this kind", db.Path())
		}
		var have targets.Data
		if err := json.Unmarshal(meta.Get([]byte(metaData)), &have); err != nil {
			return fmt.Errorf("read the data set of %s: %w", db.Path(), err)
		}
		if have != want {
			return fmt.Errorf("%s holds another data set: %+v, not %+v", db.Path(), have, want)
		}
		return nil
	})
}

// seed makes a store, filled and on the disk.
func seed(directory string, data targets.Data) error {
	if data.Users < 0 || data.OrdersPerUser < 0 || data.OrdersPerUser > shop.MaxOrdersPerUser {
		return fmt.Errorf("data set %+v: users must be 0 or more, orders per user 0 to %d", data, shop.MaxOrdersPerUser)
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	unready := filepath.Join(directory, fileUnready)
	if err := os.Remove(unready); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the half-filled store: %w", err)
	}
	db, err := openFile(unready, targets.FsyncOff) // one sync at the end is enough
	if err != nil {
		return err
	}
	err = fill(db, data)
	if err == nil {
		err = db.Sync()
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Rename(unready, filepath.Join(directory, fileName)); err != nil {
		return fmt.Errorf("give the filled store its name: %w", err)
	}
	return syncDirectory(directory)
}

// syncDirectory makes a rename durable.
func syncDirectory(directory string) error {
	d, err := os.Open(directory)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

func fill(db *bolt.DB, data targets.Data) error {
	err := db.Update(func(tx *bolt.Tx) error {
		for _, name := range []string{bucketKeys, bucketHashes, bucketLists, bucketMeta} {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return fmt.Errorf("create bucket %s: %w", name, err)
			}
		}
		mark, err := json.Marshal(data)
		if err != nil {
			return err
		}
		return tx.Bucket([]byte(bucketMeta)).Put([]byte(metaData), mark)
	})
	for first := 1; err == nil && first <= data.Users; first += seedBatch {
		err = db.Update(func(tx *bolt.Tx) error {
			t := newTxn(tx)
			t.keys.FillPercent = 0.9 // keys come nearly in order
			return fillUsers(t, first, min(first+seedBatch-1, data.Users), data.OrdersPerUser)
		})
	}
	return err
}

// fillUsers writes one kind of key after the other, since bbolt likes order.
func fillUsers(t txn, first, last, orders int) error {
	put := func(key string, value any) error {
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("encode %s: %w", key, err)
		}
		return t.set([]byte(key), text)
	}
	for i := first; i <= last; i++ {
		keys := make([]string, orders)
		for k := range keys {
			keys[k] = shop.OrderKey(int64(i), k+1)
		}
		if err := put(shop.OrdersKey(int64(i)), keys); err != nil {
			return err
		}
	}
	for i := first; i <= last; i++ {
		for k := 1; k <= orders; k++ {
			o := shop.Order{Customer: int64(i)}
			o.ID, o.Item, o.Cents = shop.OrderRow(int64(i), k)
			if err := put(shop.OrderKey(int64(i), k), o); err != nil {
				return err
			}
		}
	}
	for i := first; i <= last; i++ {
		u := shop.User{ID: int64(i)}
		u.Name, u.Email, u.City = shop.UserRow(int64(i))
		if err := put(shop.UserKey(int64(i)), u); err != nil {
			return err
		}
	}
	return nil
}
