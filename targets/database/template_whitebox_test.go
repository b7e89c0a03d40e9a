package database

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"rung/targets"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	unlock, err := lock(path, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(path, time.Millisecond); !errors.Is(err, errLocked) {
		t.Errorf("a lock that is taken: %v", err)
	}
	second := make(chan error, 1)
	go func() {
		unlock, err := lock(path, time.Minute)
		if err == nil {
			unlock()
		}
		second <- err
	}()
	unlock()
	if err := <-second; err != nil {
		t.Errorf("a lock that was given back: %v", err)
	}
	if _, err := lock(filepath.Join(path, "x"), time.Minute); err == nil || errors.Is(err, errLocked) {
		t.Errorf("a lock that cannot be: %v", err)
	}
}

func TestDigest(t *testing.T) {
	seen := map[string]int{}
	for i, c := range []content{
		{data: targets.Data{Users: 20, OrdersPerUser: 2}},
		{data: targets.Data{Users: 20, OrdersPerUser: 3}},
		{data: targets.Data{Users: 21, OrdersPerUser: 2}},
		{data: targets.Data{Users: 20, OrdersPerUser: 2, Follows: 1}},
		{data: targets.Data{Users: 20, OrdersPerUser: 2}, part: "a"},
		{data: targets.Data{Users: 20, OrdersPerUser: 2}, owns: func(user int64) bool { return user != 20 }},
		{data: targets.Data{Users: 20, OrdersPerUser: 2}, owns: func(user int64) bool { return user != 19 }},
		{data: targets.Data{Users: 20, OrdersPerUser: 2}, owns: func(int64) bool { return false }},
		{},
	} {
		d, err := c.digest()
		if err != nil {
			t.Fatal(err)
		}
		if before, known := seen[d]; known {
			t.Errorf("contents %d and %d have the same name", before, i)
		}
		seen[d] = i
		if again, err := c.digest(); err != nil || again != d {
			t.Errorf("content %d: %s and %s, %v", i, d, again, err)
		}
	}
}
