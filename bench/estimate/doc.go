// Package estimate predicts a stage from its topology and workload alone,
// before anything runs: latency floor, percentiles, capacity and its limit,
// cache misses, lookups. Every estimate carries its derivation and says where
// its model stops to hold.
//
// All functions are pure. Times inside formulas are in seconds, rates in
// requests per second.
package estimate
