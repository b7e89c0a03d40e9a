package keyvalue

import (
	"bytes"

	"rung/targets/shop"
	"strconv"
)

// pageOf returns the page of the buffer pool that a key's value lies on: users on
// pages of their own, all orders of a customer and their list on one page together.
// Other keys have none: they are always in memory.
func pageOf(key []byte) (page string, ok bool) {
	kind, rest, _ := bytes.Cut(key, []byte(":"))
	number, tail, _ := bytes.Cut(rest, []byte(":"))
	id, err := strconv.ParseInt(string(number), 10, 64)
	if err != nil {
		return "", false
	}
	switch {
	case string(kind) == "user" && len(number) == len(rest):
		return shop.UserPage(id), true
	case string(kind) == "customer" && string(tail) == "orders",
		string(kind) == "order" && len(tail) > 0:
		return shop.OrdersPage(id), true
	}
	return "", false
}
