// Package simulate plays a network of queues through in virtual time: a seeded
// discrete-event simulation without sockets, clocks or sleeping. It is the third
// opinion beside a closed formula and a measurement.
//
// A [Network] has groups of equal servers, stations (a resource of each server:
// slots behind one first-in-first-out queue of bounded length, which cut long
// work into pieces), and routes: what a request does step by step. [Run] gives
// response times, failures and the use of every station with 95% intervals over
// independent replications, [Capacity] the highest rate that meets an objective.
//
// Time is counted in whole nanoseconds. Each request has random numbers of its
// own, a function of the seed and its number: the same seed gives the same
// result on any machine, and two runs that differ in the rate or the network see
// the same requests (common random numbers).
//
// Everything here is a pure function of its arguments and safe for concurrent
// use. Memory is bounded by the number of servers and by Config.MaxInFlight.
package simulate
