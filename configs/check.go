package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"rung/bench"
)

// Bounds of a stage file.
const (
	maxVariants    = 20
	maxKills       = 50
	maxExperiments = 50
	maxClaims      = 100
)

// nameForm is the form of the names of variants and experiments, which are
// parts of the names of facts.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

const nameRule = "a lower-case letter, then up to 39 of a-z 0-9 -"

// checkFile checks what is in a stage file, or its parts, but not in the
// topology that is made of it.
func (b *builder) checkFile(f stageFile) error {
	var es Errors
	bad := func(field, problem, allowed string) { es = append(es, b.at(field, problem, allowed)) }
	if !idForm.MatchString(f.Stage) {
		bad("stage", fmt.Sprintf("%q is not an id", f.Stage), idRule+`, for example "stage: my-site"`)
	}
	for _, row := range []struct {
		field       string
		count, most int
	}{
		{"variants", len(f.Variants), maxVariants}, {"kills", len(f.Kills), maxKills},
		{"experiments", len(f.Experiments), maxExperiments}, {"claims", len(f.Claims), maxClaims},
	} {
		if row.count > row.most {
			bad(row.field, fmt.Sprintf("there are %d", row.count), fmt.Sprintf("at most %d", row.most))
		}
	}
	if entries := f.entries(); !slices.Contains(entries, f.Entry) {
		bad("entry", fmt.Sprintf("there is no web or balancer role %q", f.Entry), list(entries))
	}
	for i, n := range f.Nodes {
		if n.MemoryGB < 0 || n.MemoryGB > 100_000 {
			bad(fmt.Sprintf("nodes[%d].memory_gb", i), fmt.Sprintf("is %v", n.MemoryGB), "0 to 100000")
		}
		for j, r := range n.Roles {
			at := fmt.Sprintf("nodes[%d].roles[%d]", i, j)
			if r.Name == entryRole {
				bad(at+".name", fmt.Sprintf("%q is taken", r.Name), "another name: in records it stands for the site's entry")
			}
			if len(r.kinds()) == 0 {
				bad(at, fmt.Sprintf("role %q does nothing", r.Name), "give it one of "+strings.Join(roleKinds(), ", "))
			}
		}
	}
	es = append(es, b.checkGroups(f)...)
	for i, l := range f.Links {
		if l.Wire != "" && (l.Delay != nil || !slices.Contains([]string{"lan", "wan", "far"}, l.Wire)) {
			bad(fmt.Sprintf("links[%d].wire", i), fmt.Sprintf("is %q", l.Wire), "lan, wan or far; or a delay instead")
		}
	}
	return es.or()
}

// entries lists the roles that can answer for a site.
func (f stageFile) entries() []string {
	var names []string
	for _, n := range f.Nodes {
		for _, r := range n.Roles {
			if r.Web != nil || r.Balancer != nil {
				names = append(names, r.Name)
			}
		}
	}
	return names
}

// checkStage checks what a stage asks for beyond its topology.
func (b *builder) checkStage(s bench.Stage) error {
	c := stageCheck{builder: b, stage: s}
	c.kills()
	c.experiments()
	c.figures()
	c.scalings()
	c.claims()
	return c.errors.or()
}

type stageCheck struct {
	builder *builder
	stage   bench.Stage
	errors  Errors
}

func (c *stageCheck) bad(field, problem, allowed string) {
	c.errors = append(c.errors, c.builder.at(field, problem, allowed))
}

func (c *stageCheck) kills() {
	seen := map[string]bool{}
	for i, k := range c.stage.Kills {
		at := fmt.Sprintf("kills[%d]", i)
		_, ok := c.stage.Topology.Node(k.Node)
		switch there := c.stage.Topology.DataCenters(); {
		case k.Node != "" && k.DataCenter != "":
			c.bad(at+".datacenter", fmt.Sprintf("is %q beside node %q", k.DataCenter, k.Node), "a node or a data centre")
		case k.DataCenter != "" && !slices.Contains(there, k.DataCenter):
			c.bad(at+".datacenter", fmt.Sprintf("there is no data centre %q", k.DataCenter), list(there))
		case k.DataCenter == "" && !ok:
			c.bad(at+".node", fmt.Sprintf("there is no node %q", k.Node), "allowed is "+strings.Join(c.nodes(), ", "))
		case seen[k.Name()]:
			c.bad(at+".node", fmt.Sprintf("%q is there twice", k.Name()), "each node and data centre once")
		}
		seen[k.Name()] = true
		if k.Down < 100*time.Millisecond || k.Down > time.Minute {
			c.bad(at+".down", fmt.Sprintf("is %v after the time scale", k.Down), "100ms to 1m")
		}
		c.profiles(at, k.Profiles)
	}
}

func (c *stageCheck) nodes() []string {
	var names []string
	for _, n := range c.stage.Topology.Nodes {
		names = append(names, n.Name)
	}
	return names
}

func (c *stageCheck) experiments() {
	names := map[string]bool{}
	for i, e := range c.stage.Experiments {
		at := fmt.Sprintf("experiments[%d]", i)
		if !nameForm.MatchString(e.Name) {
			c.bad(at+".name", fmt.Sprintf("%q is not a name", e.Name), nameRule)
		} else if names[e.Name] {
			c.bad(at+".name", fmt.Sprintf("%q is there twice", e.Name), "a name of its own")
		}
		names[e.Name] = true
		c.experiment(at, e)
	}
}

// profiles makes sure that an experiment, a kill or a claim is not left out of every
// run by a slip of the pen.
func (c *stageCheck) profiles(at string, names []string) {
	there := c.builder.library.Profiles()
	for i, name := range names {
		if !slices.Contains(there, name) {
			c.bad(fmt.Sprintf("%s.profiles[%d]", at, i), fmt.Sprintf("there is no profile %q", name), list(there))
		}
	}
}

func (c *stageCheck) claims() {
	seen := map[string]bool{}
	for i, claim := range c.stage.Claims {
		at := fmt.Sprintf("claims[%d]", i)
		if !idForm.MatchString(claim.ID) {
			c.bad(at+".id", fmt.Sprintf("%q is not an id", claim.ID), idRule)
		} else if seen[claim.ID] {
			c.bad(at+".id", fmt.Sprintf("%q is there twice", claim.ID), "an id of its own")
		}
		seen[claim.ID] = true
		if claim.Text == "" {
			c.bad(at+".text", "the claim's sentence is missing", "one sentence")
		}
		if len(claim.Checks) == 0 {
			c.bad(at+".checks", "the claim has no check", "at least one comparison of facts")
		}
		for j, check := range claim.Checks {
			if _, err := bench.ParseCheck(check); err != nil {
				c.bad(fmt.Sprintf("%s.checks[%d]", at, j), strings.TrimPrefix(err.Error(), "check "), "")
			}
		}
		c.profiles(at, claim.Profiles)
	}
}

// list words allowed values.
func list[T ~string](values []T) string {
	if len(values) == 0 {
		return "there are none"
	}
	return "allowed is " + strings.Join(words(values), ", ")
}
