// Package estimate predicts a stage from its topology and workload alone,
// before anything runs: latency floor, percentiles, capacity and its limit,
// hit ratios of caches, edges and buffer pools, replication lag, failover,
// staleness, lookups. Every estimate carries its derivation and says where its
// model stops to hold.
//
// The model of a stage is a set of resources (CPU and disk of groups of equal
// nodes), and of routes that requests take through them: Predict. What a
// replica, a cache or an edge does to a route follows from functions that can
// be asked by themselves: ReplicationLag, WriteLatency, ReadCapacity, Failover,
// HitRatio, Staleness, Regions, Publication, LoggedOut, Servers. They are held
// against simulations in this package's tests.
//
// All functions are pure and safe for concurrent use. Times inside formulas
// are in seconds, rates in requests per second.
package estimate
