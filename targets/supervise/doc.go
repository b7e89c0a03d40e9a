// Package supervise is what a platform does without a person: it replaces dead
// nodes, and brings a new version to one node after another.
package supervise
