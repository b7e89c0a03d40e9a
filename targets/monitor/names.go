package monitor

import "strings"

// Bounds of a table of names. Nodes, roles and messages are few, but lines may
// hold anything.
const (
	tableNames = 4096
	nameBytes  = 128
)

// names gives short texts small numbers. What is too long, or comes when the
// table is full, has number 0: who wants to know must look into the line.
type names struct {
	ids map[string]uint16
}

// id of a text that a line has.
func (n *names) id(s string) uint16 {
	if id, ok := n.ids[s]; ok {
		return id
	}
	if len(s) > nameBytes || len(n.ids) == tableNames {
		return 0
	}
	if n.ids == nil {
		n.ids = map[string]uint16{}
	}
	id := uint16(len(n.ids) + 1)
	n.ids[strings.Clone(s)] = id // s may be a part of more
	return id
}

// find is the number of a text that is searched for. Lines that have it have
// this number or 0; none has this number if it is 0.
func (n *names) find(s string) uint16 { return n.ids[s] }
