package targets

// Region is a place where users are.
type Region struct {
	Name string `json:"name"`
	// Subnet are the addresses of the region's users, in CIDR notation,
	// inside 127.0.0.0/8 but outside the nodes' 127.64.0.0/10.
	Subnet string `json:"subnet"`
}

// Clients is the name that stands for the region's users in a Link. The empty
// region is [Clients].
func (r Region) Clients() string {
	if r.Name == "" {
		return Clients
	}
	return Clients + "-" + r.Name
}

// Region returns the region of that name.
func (t Topology) Region(name string) (Region, bool) {
	for _, r := range t.Regions {
		if r.Name == name {
			return r, true
		}
	}
	return Region{}, false
}
