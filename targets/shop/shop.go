// Package shop holds the facts of the application's data set: what user 7 is
// called and what customer 7 bought. Every store is filled from here, so that a
// SQL database and a key-value store hold the same rows, and a client can tell a
// right answer from a wrong one.
//
// All functions are pure and safe for concurrent use.
package shop

import "fmt"

// idStep is the distance between the first order ids of two customers. It bounds
// the orders of one customer.
const idStep = 1000

// MaxOrdersPerUser is the most orders that a customer can have without two
// customers sharing an order id.
const MaxOrdersPerUser = idStep - 1

// User is a row of users.
type User struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	City  string `json:"city"`
}

// Order is a row of orders.
type Order struct {
	ID       int64  `json:"id"`
	Customer int64  `json:"customer"`
	Item     string `json:"item"`
	// Cents is the price, from 100 to 9999.
	Cents int64 `json:"cents"`
}

// UserRow returns the columns of user id, which is 1 or more.
func UserRow(id int64) (name, email, city string) {
	cities := [...]string{
		"Amsterdam", "Berlin", "Cairo", "Delhi", "Lagos", "Lima", "Osaka", "Quito", "Seoul", "Toronto",
	}
	return fmt.Sprintf("User %d", id), fmt.Sprintf("user%d@example.com", id),
		cities[uint64(id)%uint64(len(cities))]
}

// OrderRow returns the columns of a customer's order k, which counts from 1 to
// MaxOrdersPerUser. The order's id is customer*1000+k.
func OrderRow(customer int64, k int) (id int64, item string, cents int64) {
	items := [...]string{"book", "bicycle", "lamp", "kettle", "guitar", "tent", "camera"}
	id = customer*idStep + int64(k)
	return id, items[uint64(id)%uint64(len(items))], 100 + (customer*31+int64(k)*17)%9900
}
