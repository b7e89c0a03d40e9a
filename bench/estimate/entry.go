package estimate

import (
	"encoding/json"
	"math"

	"rung/targets"
	"rung/targets/shop"
)

// rank is some users of nearly the same popularity.
type rank struct {
	// share of the requests that each of them gets, and how many they are.
	share, count float64
}

// ranked groups users by popularity, most popular first. The first hundred
// stand alone; after that a group spans 2% of the ranks, so that a law of any
// size is some hundred groups.
func ranked(popularity []float64) []rank {
	const alone, width = 100, 0.02
	var out []rank
	for i := 0; i < len(popularity); {
		end := i + 1
		if i >= alone {
			end = min(len(popularity), i+int(math.Ceil(width*float64(i))))
		}
		total := 0.0
		for _, p := range popularity[i:end] {
			total += p
		}
		out = append(out, rank{total / float64(end-i), float64(end - i)})
		i = end
	}
	return out
}

// alike is how many keys the load stands for.
func (k KeyLoad) alike() float64 {
	if k.count == 0 {
		return 1
	}
	return k.count
}

// cachedUser and cachedOrder are the fields that a web server puts into a
// cache, as JSON. Only their lengths matter here.
type (
	cachedUser struct {
		ID    int64  `json:"id"`
		Name  string `json:"name"`
		Email string `json:"email"`
		City  string `json:"city"`
	}
	cachedOrder struct {
		ID       int64  `json:"id"`
		Customer string `json:"customer"`
		Item     string `json:"item"`
		Cents    int64  `json:"cents"`
	}
)

// entryBytes is the mean size of a cached user, and of a customer's orders:
// key, value and overhead.
func entryBytes(data targets.Data) (users, orders float64) {
	const most = 1000 // are enough for a mean
	step := max(1, data.Users/most)
	n := 0.0
	for id := int64(1); id <= int64(data.Users); id += int64(step) {
		n++
		u := cachedUser{ID: id}
		u.Name, u.Email, u.City = shop.UserRow(id)
		list := make([]cachedOrder, 0, max(0, data.OrdersPerUser))
		for k := 1; k <= data.OrdersPerUser; k++ {
			o := cachedOrder{Customer: u.Name}
			o.ID, o.Item, o.Cents = shop.OrderRow(id, k)
			list = append(list, o)
		}
		users += float64(len(shop.UserKey(id)) + jsonLength(u) + entryOverhead)
		orders += float64(len("orders:") + len(shop.UserKey(id)) - len("user:") + jsonLength(list) + entryOverhead)
	}
	return users / max(n, 1), orders / max(n, 1)
}

func jsonLength(v any) int {
	text, _ := json.Marshal(v) // strings and numbers always marshal
	return len(text)
}
