package configs

import (
	"fmt"
	"slices"
)

// likes makes the nodes that are copies of others, before anything else is
// looked at. Roles that are named as the other node are named as this one.
func (d document) likes(nodes []nodeFile) error {
	list, _ := child(d.root, "nodes")
	for i, n := range nodes {
		if n.Like == "" {
			continue
		}
		at := fmt.Sprintf("nodes[%d]", i)
		first := slices.IndexFunc(nodes, func(other nodeFile) bool { return other.Name == n.Like })
		switch {
		case first < 0:
			return d.at(at+".like", fmt.Sprintf("there is no node %q in this file", n.Like), "another node")
		case nodes[first].Like != "" || first == i:
			return d.at(at+".like", fmt.Sprintf("%q is a copy itself", n.Like), "a node that is written out")
		}
		// Decoded anew, so that nothing is shared with the other one.
		var copied nodeFile
		if err := d.decode(raw{list.Content[first]}, &copied, fmt.Sprintf("nodes[%d]", first)); err != nil {
			return err
		}
		for j := range copied.Roles {
			if copied.Roles[j].Name == n.Like {
				copied.Roles[j].Name = n.Name
			}
		}
		if err := d.decode(raw{list.Content[i]}, &copied, at); err != nil {
			return err
		}
		nodes[i] = copied
	}
	return nil
}
