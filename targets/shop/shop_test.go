package shop_test

import (
	"testing"

	"rung/targets/shop"
)

func TestUserRow(t *testing.T) {
	for _, c := range []struct {
		id                int64
		name, email, city string
	}{
		{1, "User 1", "user1@example.com", "Berlin"},
		{10, "User 10", "user10@example.com", "Amsterdam"},
		{123456, "User 123456", "user123456@example.com", "Osaka"},
	} {
		name, email, city := shop.UserRow(c.id)
		if name != c.name || email != c.email || city != c.city {
			t.Errorf("UserRow(%d) = %q, %q, %q; want %q, %q, %q", c.id, name, email, city, c.name, c.email, c.city)
		}
	}
}

func TestOrderRow(t *testing.T) {
	for _, c := range []struct {
		customer int64
		k        int
		id       int64
		item     string
		cents    int64
	}{
		{1, 1, 1001, "book", 148},
		{7, 3, 7003, "kettle", 368},
		{320, 1, 320001, "kettle", 137},
	} {
		id, item, cents := shop.OrderRow(c.customer, c.k)
		if id != c.id || item != c.item || cents != c.cents {
			t.Errorf("OrderRow(%d, %d) = %d, %q, %d; want %d, %q, %d", c.customer, c.k, id, item, cents, c.id, c.item, c.cents)
		}
	}
}

func TestOrderIDsAreUnique(t *testing.T) {
	seen := map[int64]bool{}
	for customer := int64(1); customer <= 50; customer++ {
		for k := 1; k <= shop.MaxOrdersPerUser; k++ {
			id, item, cents := shop.OrderRow(customer, k)
			if seen[id] {
				t.Fatalf("order id %d comes twice", id)
			}
			seen[id] = true
			if item == "" || cents < 100 || cents > 9999 {
				t.Fatalf("OrderRow(%d, %d) = item %q, cents %d", customer, k, item, cents)
			}
		}
	}
}
