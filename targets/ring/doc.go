// Package ring says which node a key lives on: by a consistent-hash ring with
// virtual nodes, by jump hash, or by modulo. What the three differ in is how many
// keys move when a node comes or goes, and how evenly the keys are spread.
//
//	                         ring                         jump          modulo
//	keys that move, n to n+1 1/(n+1)                      1/(n+1)       n/(n+1)
//	any node may go          only its keys move           up to 2/n     nearly all
//	spread over nodes        s.d. sqrt((n-1)/(nV+1))      even          even
//	memory                   V points for each node       names         names
//	time of a look-up        log2(nV) steps               ln(n) steps   1 step
//
// V is the number of virtual nodes of each node, and the s.d. is relative to the
// mean: the share of a node is Beta(V, (n-1)V) distributed.
//
// Keys and nodes are hashed by XXH64, so all processes with the same seed and the
// same nodes agree, on any machine.
package ring
