package targets

import "fmt"

// Operation is one thing that users do with the application that every stage
// serves: a small social shop.
type Operation string

// The operations, with their HTTP form.
const (
	OpUser   Operation = "user"   // GET /users/{id}: one row by key
	OpOrders Operation = "orders" // GET /customers/{id}/orders: a join
	OpAsset  Operation = "asset"  // GET /assets/{name}: a static file
	OpPost   Operation = "post"   // POST /posts: one durable insert
	OpLogin  Operation = "login"  // POST /login: starts a session
	OpMe     Operation = "me"     // GET /me: reads a session
	OpPhoto  Operation = "photo"  // POST /photos: a slow job
	OpEdit   Operation = "edit"   // PUT /users/{id}: one row changed
	// OpFollowing is GET /users/{id}/following: whom a user follows, a join
	// whose rows lie on many shards.
	OpFollowing Operation = "following"
)

// Operations lists every operation.
func Operations() []Operation {
	return []Operation{OpUser, OpOrders, OpAsset, OpPost, OpLogin, OpMe, OpPhoto, OpEdit, OpFollowing}
}

// Statement is a class of work for a store.
type Statement string

// The statement classes: of SQL (read, join, write) and of key-value stores
// (get, set).
const (
	StatementRead  Statement = "read"
	StatementJoin  Statement = "join"
	StatementWrite Statement = "write"
	StatementGet   Statement = "get"
	StatementSet   Statement = "set"
)

// Statements lists every statement class.
func Statements() []Statement {
	return []Statement{StatementRead, StatementJoin, StatementWrite, StatementGet, StatementSet}
}

// Data is the size of the data set, the same on every rung.
type Data struct {
	// Users is how many users there are, with ids 1 to Users. Every user is
	// also a customer.
	Users int `json:"users"`
	// OrdersPerUser is how many orders each customer has.
	OrdersPerUser int `json:"orders_per_user"`
	// Follows is how many others each user follows. Zero means that there is
	// no such table.
	Follows int `json:"follows,omitempty"`
}

// Visit is one statement that an operation sends to its store, and the page
// its row lies on.
type Visit struct {
	Statement Statement
	// Page is the table whose page is touched ("users", "orders"), or ""
	// when the statement only appends.
	Page string
	// Serial says that the statement starts only when the one before it has
	// answered.
	Serial bool
}

// Visits returns what an operation asks of its store, in order. It is the one
// place that knows: the web role does this and the estimates count it.
//
// With SQL a customer's orders are one join. A key-value store has no joins:
// the customer, the list of order ids and then every order are looked up, the
// N+1 pattern.
func Visits(op Operation, store Kind, data Data) []Visit {
	kv := store == KindKeyValue
	switch op {
	case OpUser:
		if kv {
			return []Visit{{StatementGet, "users", true}}
		}
		return []Visit{{StatementRead, "users", true}}
	case OpOrders:
		if !kv {
			return []Visit{{StatementJoin, "orders", true}}
		}
		visits := []Visit{{StatementGet, "users", true}, {StatementGet, "orders", true}}
		for range data.OrdersPerUser {
			visits = append(visits, Visit{StatementGet, "orders", true})
		}
		return visits
	case OpFollowing:
		if !kv {
			return []Visit{{StatementJoin, "users", true}}
		}
	case OpEdit:
		if kv {
			return []Visit{{StatementGet, "users", true}, {StatementSet, "users", true}}
		}
		return []Visit{{StatementWrite, "users", true}}
	case OpPost, OpPhoto:
		if kv {
			return []Visit{{StatementSet, "", true}}
		}
		return []Visit{{StatementWrite, "", true}}
	}
	return nil
}

// AssetName is the name of static file i.
func AssetName(i int) string { return fmt.Sprintf("asset-%02d.bin", i) }
