package estimate

import "rung/targets"

// EntryBytes is the mean size in a cache, in bytes, of a user and of a
// customer's orders: key, value and overhead.
func EntryBytes(data targets.Data) (users, orders float64) { return entryBytes(data) }
