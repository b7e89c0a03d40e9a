package shop

import "strconv"

// The keys of the data set in a key-value store. The value of UserKey is a User as
// JSON, of OrdersKey the list of the customer's order keys as a JSON array of
// strings, of OrderKey an Order as JSON.

// UserKey is the key of a user.
func UserKey(id int64) string { return "user:" + number(id) }

// OrdersKey is the key of the list of a customer's orders.
func OrdersKey(customer int64) string { return "customer:" + number(customer) + ":orders" }

// OrderKey is the key of a customer's order k, which counts from 1.
func OrderKey(customer int64, k int) string {
	return "order:" + number(customer) + ":" + number(int64(k))
}

// UserPage is the page of a store's buffer pool that holds a user's row.
func UserPage(id int64) string { return "users/" + number(id) }

// OrdersPage is the page that holds all orders of a customer.
func OrdersPage(customer int64) string { return "orders/" + number(customer) }

func number(n int64) string { return strconv.FormatInt(n, 10) }
