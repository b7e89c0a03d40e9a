package sheet

import (
	"fmt"
	"slices"
	"strings"
)

// unused refuses inputs that nothing asks for: a size that is given and not
// used is often a factor that was lost.
func (p *program) unused() (es Errors) {
	used := map[string]bool{}
	see := func(name string) { used[name] = true }
	for _, l := range p.steps {
		l.root.names(see)
	}
	for _, c := range p.checks {
		c.left.names(see)
		c.right.names(see)
	}
	for _, a := range p.sheet.Answers {
		see(a.Of)
	}
	for _, in := range p.inputs {
		if !used[in.Name] {
			es = append(es, Error{"inputs." + in.Name, "no step uses it: a factor may be lost", "a step that uses it, or no such input"})
		}
	}
	return es
}

// order sorts the steps so that each stands behind those it needs, otherwise
// as they are written. Steps that need one another are refused by name.
func (p *program) order() Errors {
	index := map[string]int{}
	for i, l := range p.steps {
		index[l.name] = i
	}
	var sorted []line
	done, path := map[string]bool{}, []string{}
	var visit func(i int) Errors
	visit = func(i int) Errors { // as deep as there are steps at most
		l := p.steps[i]
		if done[l.name] {
			return nil
		}
		if at := slices.Index(path, l.name); at >= 0 {
			cycle := strings.Join(append(slices.Clone(path[at:]), l.name), " -> ")
			return Errors{{p.steps[index[path[len(path)-1]]].field, "the steps need one another: " + cycle, "steps that need only earlier ones"}}
		}
		path = append(path, l.name)
		var es Errors
		l.root.names(func(name string) {
			if next, ok := index[name]; ok && len(es) == 0 {
				es = visit(next)
			}
		})
		path = path[:len(path)-1]
		done[l.name] = true
		sorted = append(sorted, l)
		return es
	}
	for i := range p.steps {
		if es := visit(i); len(es) > 0 {
			return es
		}
	}
	p.steps = sorted
	return nil
}

// expects refuses a result in another dimension than the step's unit, and says
// which factor is missing.
func (l line) expects(v value) error {
	for _, u := range l.units {
		if v.dim.Equal(u.dimension) {
			continue
		}
		missing := u.dimension.Div(v.dim)
		hint := fmt.Sprintf("a factor in %s is missing", missing)
		if missing.Equal(base(timeKey, "").Pow(-1)) {
			hint += ": a length of time may be multiplied in twice"
		}
		wanted := u.text
		switch kind := u.dimension.String(); {
		case wanted == "":
			wanted = kind
		case wanted != kind:
			wanted += " (" + kind + ")"
		}
		return Error{Problem: fmt.Sprintf("%s gives %s, not %s", l.name, v.dim, wanted), Allowed: hint}
	}
	return nil
}
