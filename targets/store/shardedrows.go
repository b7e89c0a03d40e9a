package store

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of what is copied at once.
const (
	// maxShipped bounds one transaction, as it is sent to replicas, in bytes.
	maxShipped = 400 << 10
	// maxInsert bounds the rows of one INSERT.
	maxInsert = 100
	// maxRead bounds the rows of one table that are read at once, and maxReadBytes
	// those of all tables.
	maxRead      = 20_000
	maxReadBytes = 16 << 20
)

// errTooMuch says that rows do not fit within maxRead or maxReadBytes.
var errTooMuch = errors.New("too many rows for one copy")

// userRows are all rows of some users.
type userRows struct {
	users   []User
	orders  []orderRow
	follows []followRow
	posts   []postRow
	photos  []postRow
}

type orderRow struct {
	id, customer, cents int64
	item                string
}

type followRow struct {
	user, followee int64
	name, city     string
}

type postRow struct {
	Post
	created int64
}

// change is one statement of a transaction. Texts are its parameters, numbers are in
// its text.
type change struct {
	sql  string
	args []string
}

// copying makes transactions that give users the rows they have elsewhere, and takes
// others away. Each user's row, orders and follows come in one transaction, so that a
// replica shows all of them or none.
type copying struct {
	follows bool
	done    [][]change
	last    int // size of the last of these
	rows    int64
	bytes   int64

	// The users of the transaction in the making, and those of them who have no row.
	ids, gone []int64
	part      userRows
	size      int
}

// add adds a transaction, or makes it a part of the one before: each costs a commit.
func (c *copying) add(tx []change, size int) {
	if n := len(c.done); n > 0 && c.last+size <= maxShipped {
		c.done[n-1] = append(c.done[n-1], tx...)
		c.last += size
		return
	}
	c.done, c.last = append(c.done, tx), size
}

// copies returns transactions for these users; rows are of no one else. More than
// maxShipped is in a transaction only if it is a single user's or a single post.
func (r userRows) copies(ids []int64, follows bool) *copying {
	c := &copying{follows: follows}
	users := map[int64]User{}
	for _, u := range r.users {
		users[u.ID] = u
	}
	orders := map[int64][]orderRow{}
	for _, o := range r.orders {
		orders[o.customer] = append(orders[o.customer], o)
	}
	followed := map[int64][]followRow{}
	for _, f := range r.follows {
		followed[f.user] = append(followed[f.user], f)
	}
	for _, id := range ids {
		size := 64
		u, there := users[id]
		if there {
			size += shipped(u.Name, u.Email, u.City)
		}
		for _, o := range orders[id] {
			size += 36 + shipped(o.item)
		}
		for _, f := range followed[id] {
			size += 24 + shipped(f.name, f.city)
		}
		if c.size+size > maxShipped {
			c.flush()
		}
		c.size += size
		c.ids = append(c.ids, id)
		if there {
			c.part.users = append(c.part.users, u)
		} else {
			c.gone = append(c.gone, id)
		}
		c.part.orders = append(c.part.orders, orders[id]...)
		c.part.follows = append(c.part.follows, followed[id]...)
	}
	c.flush()
	c.posts("posts", ids, r.posts)
	c.posts("photos", ids, r.photos)
	return c
}

// flush ends a transaction of users.
func (c *copying) flush() {
	if len(c.ids) == 0 {
		return
	}
	var tx []change
	if c.follows {
		tx = append(tx, change{sql: `DELETE FROM follows WHERE "user" IN ` + list(c.ids)})
	}
	tx = append(tx, change{sql: "DELETE FROM orders WHERE customer_id IN " + list(c.ids)})
	if len(c.gone) > 0 {
		tx = append(tx, change{sql: "DELETE FROM users WHERE id IN " + list(c.gone)})
	}
	tx = append(tx, inserts("users (id, name, email, city)", " ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, city = excluded.city",
		c.part.users, func(b *insert, u User) { c.count(b.row(u.ID).texts(u.Name, u.Email, u.City)) })...)
	tx = append(tx, inserts("orders (id, customer_id, cents, item)", "",
		c.part.orders, func(b *insert, o orderRow) { c.count(b.row(o.id, o.customer, o.cents).texts(o.item)) })...)
	tx = append(tx, inserts(`follows ("user", followee, name, city)`, "",
		c.part.follows, func(b *insert, f followRow) { c.count(b.row(f.user, f.followee).texts(f.name, f.city)) })...)
	c.add(tx, c.size)
	c.ids, c.gone, c.part, c.size = nil, nil, userRows{}, 0
}

// posts adds transactions for posts or photos.
func (c *copying) posts(table string, ids []int64, rows []postRow) {
	tx := []change{{sql: "DELETE FROM " + table + " WHERE user_id IN " + list(ids)}}
	for start, first := 0, true; first || start < len(rows); first = false {
		end, size := start, 8*len(ids)
		for ; end < len(rows); end++ {
			more := 24 + shipped(rows[end].ID, rows[end].Text)
			if end > start && size+more > maxShipped {
				break
			}
			size += more
		}
		tx = append(tx, inserts(table+" (user_id, created_at, id, body)", " ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, body = excluded.body, created_at = excluded.created_at",
			rows[start:end], func(b *insert, p postRow) { c.count(b.row(p.User, p.created).texts(p.ID, p.Text)) })...)
		c.add(tx, size)
		tx, start = nil, end
	}
}

func (c *copying) count(bytes int) {
	c.rows++
	c.bytes += int64(bytes)
}

// insert is one INSERT of several rows in the making.
type insert struct {
	text  strings.Builder
	args  []string
	rows  int
	bytes int // of the row under way
}

// row begins a row with its numbers.
func (b *insert) row(numbers ...int64) *insert {
	if b.rows++; b.rows > 1 {
		b.text.WriteByte(',')
	}
	b.text.WriteByte('(')
	for i, n := range numbers {
		if i > 0 {
			b.text.WriteByte(',')
		}
		b.text.WriteString(strconv.FormatInt(n, 10))
	}
	b.bytes = 8 * len(numbers)
	return b
}

// texts ends a row with its texts. It returns what the row holds, in bytes.
func (b *insert) texts(texts ...string) int {
	for _, s := range texts {
		b.args = append(b.args, s)
		b.text.WriteString(",$" + strconv.Itoa(len(b.args)))
		b.bytes += len(s)
	}
	b.text.WriteByte(')')
	return b.bytes
}

// inserts makes INSERTs of some rows each.
func inserts[T any](into, conflict string, rows []T, add func(*insert, T)) []change {
	var all []change
	for part := range slices.Chunk(rows, maxInsert) {
		b := &insert{}
		for _, row := range part {
			add(b, row)
		}
		all = append(all, change{sql: "INSERT INTO " + into + " VALUES " + b.text.String() + conflict, args: b.args})
	}
	return all
}

// list writes ids as in "IN (1,2)". It must not be empty.
func list(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		if i == 0 {
			b.WriteByte('(')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(id, 10))
	}
	b.WriteByte(')')
	return b.String()
}

// shipped estimates how long texts are in the log of a database, which is JSON: rather
// too long.
func shipped(texts ...string) int {
	n := 0
	for _, s := range texts {
		n += 24 + len(s)
		for i := range len(s) {
			if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
				n += 5
			}
		}
		if !utf8.ValidString(s) {
			n += len(s)
		}
	}
	return n
}
