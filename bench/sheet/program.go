package sheet

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// program is a sheet whose parts are read and whose steps are in the order in
// which they can be worked out.
type program struct {
	sheet    Sheet
	calendar Calendar
	inputs   []input
	steps    []line
	checks   []comparison
	// ranged are the inputs that are ranges, by their places in inputs.
	ranged []int
	work   int
}

// input is an input that was read.
type input struct {
	Input
	quantity
}

// line is a step that was read.
type line struct {
	field, name, text string
	signed            bool
	tokens            []token
	root              *node
	units             []Unit
	point             value
	over              span
}

// comparison is a check that was read.
type comparison struct {
	field       string
	tokens      []token
	left, right *node
	op          string
	tolerance   *big.Rat
}

const nameRule = "a-z, 0-9 and _, starting with a letter, at most 40"

// compile reads all parts. It returns all errors it finds.
func compile(s Sheet) (*program, Errors) {
	if es := s.sizes(); len(es) > 0 {
		return nil, es
	}
	calendar, err := s.Conventions.Calendar()
	if err != nil {
		return nil, Errors{because("", "", err)}
	}
	p := &program{sheet: s, calendar: calendar, work: maxWork}
	names, es := p.declare()
	es = append(es, p.readInputs()...)
	es = append(es, p.readSteps(names)...)
	es = append(es, p.readChecks(names)...)
	if len(es) > 0 {
		return nil, es
	}
	if es := p.unused(); len(es) > 0 {
		return nil, es
	}
	return p, p.order()
}

// declare checks the names of inputs and steps, and returns them.
func (p *program) declare() (names []string, es Errors) {
	first := map[string]string{}
	declare := func(field, name string) {
		problem, allowed := "", ""
		switch _, isFunction := functions[name]; {
		case !nameForm(name):
			problem, allowed = fmt.Sprintf("%s is not a name", quote(name)), nameRule
		case first[name] != "":
			problem, allowed = fmt.Sprintf("the name %s is there twice, first at %s", name, first[name]), "each name once"
		case isFunction || unitWord(name):
			problem, allowed = fmt.Sprintf("the name %s is that of a function or a unit", name), "another name"
		}
		if problem != "" {
			es = append(es, Error{field, problem, allowed})
			return
		}
		first[name] = field
		names = append(names, name)
	}
	for _, in := range p.sheet.Inputs {
		declare("inputs."+clip(in.Name, 60), in.Name)
	}
	for i, st := range p.sheet.Steps {
		field := fmt.Sprintf("steps[%d]", i)
		name, _, ok := strings.Cut(st.Line, "=")
		if name = strings.TrimSpace(name); !ok {
			es = append(es, Error{field, quote(st.Line) + " has no =", stepForm})
			continue
		}
		declare(field, name)
	}
	return names, es
}

func nameForm(name string) bool {
	if name == "" || len(name) > 40 || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	})
}

func (p *program) readInputs() (es Errors) {
	for i, in := range p.sheet.Inputs {
		field := "inputs." + clip(in.Name, 60)
		q, err := parseQuantity(in.Value, p.calendar)
		if err == nil {
			for _, v := range []*big.Rat{q.low, q.high} {
				if err == nil {
					err = conflict(v, q.unit, p.calendar)
				}
			}
		}
		switch {
		case err != nil:
			es = append(es, because(field, "", err))
		case q.low.Sign() < 0 && !in.Signed:
			es = append(es, Error{field, fmt.Sprintf("%s is negative", quote(in.Value)), "zero or more; or signed: true"})
		}
		p.inputs = append(p.inputs, input{in, q})
		if q.ranged {
			p.ranged = append(p.ranged, i)
		}
	}
	if len(p.ranged) > maxRanged {
		es = append(es, Error{"inputs", fmt.Sprintf("%d inputs are ranges", len(p.ranged)), fmt.Sprintf("at most %d", maxRanged)})
	}
	return es
}

const stepForm = `a line like "peak = rate * 2 -> queries/s"`

func (p *program) readSteps(names []string) (es Errors) {
	for i, st := range p.sheet.Steps {
		l := line{field: fmt.Sprintf("steps[%d]", i), text: st.Text, signed: st.Signed}
		name, rest, ok := strings.Cut(st.Line, "=")
		if !ok {
			continue // said by declare
		}
		l.name = strings.TrimSpace(name)
		parts := strings.Split(rest, "->")
		bad := func(err error) { es = append(es, because(l.field, l.name+": ", err)) }
		if len(parts) < 2 {
			bad(Error{Problem: "has no unit behind ->", Allowed: stepForm + `; "-> 1" for a plain number`})
			continue
		}
		tokens, err := p.lexer(names).tokens(parts[0])
		if err == nil {
			l.root, err = parse(tokens)
		}
		if err == nil {
			l.tokens, err = tokens, unknown(l.root, names)
		}
		if err != nil {
			bad(err)
		}
		for _, text := range parts[1:] {
			unit, err := ParseUnit(text, p.calendar)
			switch {
			case err != nil:
				bad(err)
			case strings.TrimSpace(text) == "":
				bad(Error{Problem: "has no unit behind ->", Allowed: stepForm + `; "-> 1" for a plain number`})
			}
			l.units = append(l.units, unit)
		}
		p.steps = append(p.steps, l)
	}
	return es
}

func (p *program) lexer(names []string) lexer {
	return lexer{p.calendar, func(word string) bool { return slices.Contains(names, word) }}
}

// unknown refuses names that the sheet does not have.
func unknown(n *node, names []string) (err error) {
	n.names(func(name string) {
		if err == nil && !slices.Contains(names, name) {
			err = Error{Problem: "there is no " + quote(name) + didYouMean(name, names), Allowed: "the name of an input or a step; a unit of several words stands in brackets, 1 [KB/query]"}
		}
	})
	return err
}

const usualTolerance = "5%"

func (p *program) readChecks(names []string) (es Errors) {
	for i, c := range p.sheet.Checks {
		k := comparison{field: fmt.Sprintf("checks[%d]", i)}
		var err error
		if k.tokens, err = p.lexer(names).tokens(c.Line); err == nil {
			k.left, k.right, k.op, err = parseComparison(k.tokens)
		}
		if err == nil {
			err = unknown(&node{name: "-", args: []*node{k.left, k.right}}, names)
		}
		if err == nil {
			k.tolerance, err = tolerance(c.Tolerance, p.calendar)
		}
		if err != nil {
			es = append(es, because(k.field, "", err))
		}
		p.checks = append(p.checks, k)
	}
	return es
}

func tolerance(text string, c Calendar) (*big.Rat, error) {
	if text == "" {
		text = usualTolerance
	}
	q, err := parseQuantity(text, c)
	if err != nil || q.ranged || !q.unit.dimension.Plain() || !between(q.point, 0, 1) {
		return nil, Error{Field: "tolerance", Problem: quote(text) + " is not a share", Allowed: "0% to 100%"}
	}
	return q.point, nil
}
