package database

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rung/targets"
	"rung/targets/shop"
)

// content is the data that a database starts with: some users, with their orders
// and those whom they follow.
type content struct {
	data targets.Data
	// owns says whether a user is here. Nil means that all are.
	owns func(user int64) bool
	// part names the part of the data, as partOf words it.
	part string
}

// seedTable says what the file was filled with.
const seedTable = `CREATE TABLE rung_seed (users INTEGER NOT NULL, orders_per_user INTEGER NOT NULL, follows INTEGER NOT NULL, part TEXT NOT NULL) STRICT`

// contentOf is what a database of that specification starts with.
func contentOf(spec targets.Database, owns func(user int64) bool) (content, error) {
	part, err := partOf(spec)
	return content{data: spec.Data, owns: owns, part: part}, err
}

// partOf names the part of the data that a shard starts with; all of it has an
// empty name. Moving users to other shards does not change the name: it makes
// spare shards used ones and pins users. So the name has what stays: the method,
// the names of all shards, the spare ones among them, and which one this is.
func partOf(spec targets.Database) (string, error) {
	s := spec.Sharding
	if s == nil {
		return "", nil
	}
	part := struct {
		Method       targets.ShardMethod `json:"method"`
		VirtualNodes int                 `json:"virtual_nodes,omitempty"`
		Shards       []string            `json:"shards"`
		Shard        string              `json:"shard"`
	}{Method: s.Method, Shard: spec.Shard}
	if s.Method == targets.ShardRing {
		part.VirtualNodes = s.VirtualNodes
	}
	for _, shard := range s.All() {
		part.Shards = append(part.Shards, shard.Name)
	}
	slices.Sort(part.Shards)
	if !slices.Contains(part.Shards, spec.Shard) {
		return "", fmt.Errorf("shard %q is not one of %q", spec.Shard, part.Shards)
	}
	name, err := json.Marshal(part)
	return string(name), err
}

// check refuses data that cannot be there.
func (c content) check() error {
	d := c.data
	if d.Users < 0 || d.OrdersPerUser < 0 || d.OrdersPerUser > shop.MaxOrdersPerUser {
		return fmt.Errorf("data of %d users with %d orders each: orders must be 0 to %d", d.Users, d.OrdersPerUser, shop.MaxOrdersPerUser)
	}
	if d.Follows < 0 || d.Follows > 0 && d.Follows >= d.Users {
		return fmt.Errorf("data of %d users who follow %d others each: there are only %d others", d.Users, d.Follows, max(d.Users-1, 0))
	}
	return nil
}

// each calls add for every user that is here.
func (c content) each(add func(user int64) error) error {
	for id := int64(1); id <= int64(c.data.Users); id++ {
		if c.owns != nil && !c.owns(id) {
			continue
		}
		if err := add(id); err != nil {
			return err
		}
	}
	return nil
}

func (c content) users(into *connection) error {
	rows := bulk{into: into, table: "users", columns: 4}
	err := c.each(func(id int64) error {
		name, email, city := shop.UserRow(id)
		return rows.add(id, name, email, city)
	})
	return rows.end(err)
}

func (c content) orders(into *connection) error {
	rows := bulk{into: into, table: "orders", columns: 4}
	err := c.each(func(customer int64) error {
		for k := 1; k <= c.data.OrdersPerUser; k++ {
			id, item, cents := shop.OrderRow(customer, k)
			if err := rows.add(id, customer, item, cents); err != nil {
				return err
			}
		}
		return nil
	})
	return rows.end(err)
}

// follows writes rows in the order of their key: appending is the fastest.
func (c content) follows(into *connection) error {
	if c.data.Follows == 0 {
		return nil
	}
	rows := bulk{into: into, table: "follows", columns: 4}
	followees := make([]int64, c.data.Follows)
	err := c.each(func(user int64) error {
		for k := range followees {
			followees[k] = shop.Followee(user, k+1, c.data.Users)
		}
		slices.Sort(followees)
		for _, followee := range followees {
			name, _, city := shop.UserRow(followee)
			if err := rows.add(user, followee, name, city); err != nil {
				return err
			}
		}
		return nil
	})
	return rows.end(err)
}

// mark notes what the file was filled with.
func (c content) mark(into *connection) error {
	rows := bulk{into: into, table: "rung_seed", columns: 4}
	return rows.end(rows.add(int64(c.data.Users), int64(c.data.OrdersPerUser), int64(c.data.Follows), c.part))
}

// checkSeed makes sure that an existing file was filled with what is asked for.
// Which users are in it now does not matter: some may have been moved.
func checkSeed(path string, want content) error {
	c, err := open(path, "busy_timeout=5000")
	if err != nil {
		return err
	}
	var found content
	_, err = c.query(context.Background(), "SELECT users, orders_per_user, follows, part FROM rung_seed", nil, func(row []driver.Value) error {
		users, _ := row[0].(int64)
		orders, _ := row[1].(int64)
		follows, _ := row[2].(int64)
		found.part, _ = row[3].(string)
		found.data = targets.Data{Users: int(users), OrdersPerUser: int(orders), Follows: int(follows)}
		return nil
	})
	switch {
	case err != nil:
	case found.data != want.data:
		err = fmt.Errorf("holds %s, not %s: give it another directory", words(found.data), words(want.data))
	case found.part != want.part:
		err = fmt.Errorf("holds the part %q of the data, not %q: give it another directory", found.part, want.part)
	}
	return errors.Join(err, c.close())
}

func words(d targets.Data) string {
	return fmt.Sprintf("%d users with %d orders each, who follow %d others", d.Users, d.OrdersPerUser, d.Follows)
}
