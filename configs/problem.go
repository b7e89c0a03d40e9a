package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rung/targets"
)

// The topology speaks of machines, a file of its own fields.
var fileFields = strings.NewReplacer(".machine.cpu.slots", ".cpus", ".machine.disk.slots", ".disks",
	".machine.cpu.queue", ".queue", ".machine.disk.queue", ".queue", ".machine.quantum", ".quantum")

// numberedField is a field of a topology's node or link.
var numberedField = regexp.MustCompile(`^(nodes|links)\[(\d+)\](.*)$`)

// problems gives a topology's problems their files and lines.
func (b *builder) problems(ps []targets.Problem) error {
	var es Errors
	for _, p := range ps {
		if e := b.at(b.numbered(fileFields.Replace(p.Field)), p.What, p.Allowed); !slices.Contains(es, e) {
			es = append(es, e) // one queue length of a file is two of a machine
		}
	}
	return es.or()
}

// numbered gives a link of a topology its number in the file.
func (b *builder) numbered(field string) string {
	m := numberedField.FindStringSubmatch(field)
	if m == nil || m[1] != "links" {
		return field
	}
	if number, err := strconv.Atoi(m[2]); err == nil && number < len(b.origins) {
		return fmt.Sprintf("links[%d]%s", b.origins[number], m[3])
	}
	return field
}

// at builds an error about a field of the stage with its parts, whose nodes
// and links are counted through.
func (b *builder) at(field, problem, allowed string) Error {
	d := b.document
	if m := numberedField.FindStringSubmatch(field); m != nil {
		number, err := strconv.Atoi(m[2])
		for _, p := range b.parts {
			first := p.nodes
			if m[1] == "links" {
				first = p.links
			}
			if err == nil && number >= first {
				d, field = p.document, fmt.Sprintf("%s[%d]%s", m[1], number-first, m[3])
			}
		}
	}
	return d.at(field, problem, allowed)
}

// variantProblems are those of a changed topology, whose nodes and links have
// no numbers in any file: they go by their names.
func (b *builder) variantProblems(t targets.Topology, ps []targets.Problem, at string) error {
	var es Errors
	for _, p := range ps {
		field := fileFields.Replace(p.Field)
		if m := numberedField.FindStringSubmatch(field); m != nil {
			number, _ := strconv.Atoi(m[2]) // digits by the pattern
			switch {
			case m[1] == "nodes" && number < len(t.Nodes):
				field = fmt.Sprintf("node %s%s", t.Nodes[number].Name, m[3])
			case m[1] == "links" && number < len(t.Links):
				field = fmt.Sprintf("link from %s to %s%s", t.Links[number].From, t.Links[number].To, m[3])
			}
		}
		if e := b.document.at(at, field+": "+p.What, p.Allowed); !slices.Contains(es, e) {
			es = append(es, e)
		}
	}
	return es.or()
}

// because is the error of a file that a field names: the file's own error
// when it has one, with its own place.
func (d document) because(field string, err error) error {
	if e, ok := err.(Error); ok && e.File == "" {
		return d.at(field, e.Problem, e.Allowed)
	}
	return err
}
