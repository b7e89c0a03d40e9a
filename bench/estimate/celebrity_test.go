package estimate_test

import (
	"testing"

	"rung/bench/estimate"
	"rung/targets"
	"rung/targets/shard"
)

// By hand: posts only, of users who are all alike but one who gets half of
// them. Each post is a commit of 10 ms on the disk of its shard.
func TestCelebrityByHand(t *testing.T) {
	s := allInMemory(shopTopology(1, 2, false))
	rule, err := shard.New(shard4(&s))
	if err != nil {
		t.Fatal(err)
	}
	w := only(targets.OpPost)
	w.Exponent = 0
	const user, disk = 4242, 100.0 // commits/s
	f, err := estimate.Celebrity(s, w, 0.5, user)
	if err != nil || f.Outside != "" {
		t.Fatalf("%+v, %v", f, err)
	}
	if f.Shard != rule.Home(user) {
		t.Errorf("the user is on %s, not on %s", f.Shard, rule.Home(user))
	}
	near(t, "share", f.Share, 0.5+0.5/4, 1e-3)
	near(t, "as it is", f.PerS, disk/(0.5+0.5/4), 0.5)
	near(t, "alone", f.Alone, disk/0.5, 0.5)
	near(t, "copied", f.Copied, f.PerS, 0.5) // copies are of rows in users, not of posts
	if len(f.Derivation) < 5 {
		t.Errorf("the derivation is %q", f.Derivation)
	}
}

// By hand: reads of users only. Each takes 1 ms of the two slots of a shard's
// CPU, and copies on all four shards share those of the celebrity.
func TestCelebrityWithCopies(t *testing.T) {
	s := allInMemory(shopTopology(1, 2, false))
	shard4(&s)
	w := only(targets.OpUser)
	w.Exponent = 0
	f, err := estimate.Celebrity(s, w, 0.8, 4243)
	if err != nil || f.Outside != "" {
		t.Fatalf("%+v, %v", f, err)
	}
	near(t, "as it is", f.PerS, 2000/(0.8+0.2/4), 5)
	near(t, "alone", f.Alone, 2000/0.8, 5)
	near(t, "copied", f.Copied, 2000*4, 20)
}

func TestCelebrityMistakes(t *testing.T) {
	w := shopWorkload()
	if _, err := estimate.Celebrity(shopTopology(1, 2, false), w, 0.5, 1); err == nil {
		t.Error("one database has a hot shard")
	}
	s := shopTopology(1, 2, false)
	shard4(&s)
	for _, user := range []int64{0, -1, 10_001} {
		if _, err := estimate.Celebrity(s, w, 0.5, user); err == nil {
			t.Errorf("there is a user %d", user)
		}
	}
	if _, err := estimate.Celebrity(s, w, 1.5, 1); err == nil {
		t.Error("a user gets more than all requests")
	}
	one := shopTopology(1, 2, false)
	sharding := shards(&one, 1, targets.ShardModulo, 0)
	sharding.Spare = nil
	change(&one, func(r *targets.Role) {
		if r.Web != nil {
			r.Web.Sharding = &sharding
		}
	})
	if f, err := estimate.Celebrity(one, w, 0.5, 1); err != nil || f.Alone != 0 || f.Copied != 0 || !(f.PerS > 0) {
		t.Errorf("one shard and no spare one: %+v, %v", f, err)
	}
}
