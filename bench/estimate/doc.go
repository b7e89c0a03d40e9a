// Package estimate predicts a stage from its topology and workload alone,
// before anything runs: latency floor, percentiles, capacity and its limit,
// hit ratios of caches, edges and buffer pools, replication lag, failover,
// staleness, lookups. Every estimate carries its derivation and says where its
// model stops to hold.
//
// The model of a stage is a set of resources (CPU and disk of groups of equal
// nodes), and of routes that requests take through them. Users of a region, or
// of none, have a path: a front door, web servers, and the stores that these
// ask; paths share what they have in common. So the users of several data
// centres are as many paths (PredictRegions), and shards are as many stores,
// each with its part of the users (PredictCrowd).
//
// What a replica, a cache, an edge, a queue or a shard does follows from
// functions that can be asked by themselves:
//
//   - replication: ReplicationLag, LagAt, WriteLatency, ReadCapacity, Failover,
//     FailoverOf, FailoverOfGroup, Rejoin
//   - caches and edges: HitRatio, Staleness, Regions, Publication
//   - web tier: LoggedOut, Servers, ServersWanted, Supervision
//   - data centres: MoveUsers
//   - queues: Workers, PhotoDelay, Backlog, Drain
//   - shards: Moved, Shards, Celebrity (their spread: package theory)
//
// They are held against simulations in this package's tests.
//
// All functions are pure and safe for concurrent use. Times inside formulas
// are in seconds, rates in requests per second.
package estimate
