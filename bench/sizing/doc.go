// Package sizing turns an estimated peak load into a number of nodes, by what
// a run measured: which stage of the ladder first carries the peak, how many
// nodes of each kind that takes, and what would be the limit next.
//
// It rests on the utilisation law: a request's demand at a resource is
// use x slots / rate (Denning and Buzen, The Operational Analysis of Queueing
// Network Models, 1978), measured where the stage still met its SLO. Demands
// do not depend on the number of nodes, so nodes grow in proportion to the
// rate as long as they do not get into each other's way; what goes beyond what
// was measured is marked as extrapolated.
//
// All functions are pure and safe for concurrent use.
package sizing
