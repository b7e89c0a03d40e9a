// Package traffic is the users of the shop: it turns a workload and a seed
// into the requests of an attack, by number.
//
// Every choice is a hash of the seed, the number of the request and what is
// chosen, so request n is the same whoever asks for it and in whatever order.
// The one exception is a user without a session, who logs in instead of
// asking who he is; sessions come from the answers, through Observe.
package traffic
