package sheet

import "fmt"

// node is a formula as a tree. Name is a name of the sheet when there are no
// arguments and no value, otherwise a function or an operator.
type node struct {
	name  string
	value *token
	args  []*node
}

const maxNesting = 40

// parser turns tokens into a tree by precedence: comparisons, sums, products,
// signs, powers.
type parser struct {
	tokens []token
	at     int
	depth  int
}

// parse reads a whole formula.
func parse(tokens []token) (*node, error) {
	p := &parser{tokens: tokens}
	n, err := p.sum()
	if err != nil {
		return nil, err
	}
	return n, p.end()
}

// parseComparison reads "formula == formula".
func parseComparison(tokens []token) (left, right *node, op string, err error) {
	p := &parser{tokens: tokens}
	if left, err = p.sum(); err != nil {
		return nil, nil, "", err
	}
	if p.now().kind != compareToken {
		return nil, nil, "", p.unexpected("one of == < <= > >= ~")
	}
	op = p.take().text
	if right, err = p.sum(); err != nil {
		return nil, nil, "", err
	}
	return left, right, op, p.end()
}

func (p *parser) now() token { return p.tokens[p.at] }

// take moves on; the end stays.
func (p *parser) take() token {
	t := p.now()
	if t.kind != endToken {
		p.at++
	}
	return t
}

// symbol takes one of these symbols, or nothing.
func (p *parser) symbol(symbols ...string) (string, bool) {
	for _, s := range symbols {
		if t := p.now(); t.kind == symbolToken && t.text == s {
			p.at++
			return s, true
		}
	}
	return "", false
}

func (p *parser) end() error {
	if p.now().kind != endToken {
		return p.unexpected("an operator, or the end")
	}
	return nil
}

func (p *parser) unexpected(allowed string) error {
	behind := "the start"
	if p.at > 0 {
		behind = quote(p.tokens[p.at-1].text)
	}
	here := p.now().text
	if p.now().kind != endToken {
		here = quote(here)
	}
	return Error{Problem: fmt.Sprintf("%s behind %s", here, behind), Allowed: allowed}
}

func (p *parser) sum() (*node, error)     { return p.binary(p.product, "+", "-") }
func (p *parser) product() (*node, error) { return p.binary(p.sign, "*", "/") }

func (p *parser) binary(next func() (*node, error), symbols ...string) (*node, error) {
	left, err := next()
	if err != nil {
		return nil, err
	}
	for {
		op, ok := p.symbol(symbols...)
		if !ok {
			return left, nil
		}
		right, err := next()
		if err != nil {
			return nil, err
		}
		left = &node{name: op, args: []*node{left, right}}
	}
}

func (p *parser) sign() (*node, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, Error{Problem: "is nested too deep", Allowed: fmt.Sprintf("at most %d levels", maxNesting)}
	}
	defer func() { p.depth-- }()
	if _, ok := p.symbol("-"); ok {
		n, err := p.sign()
		return &node{name: "-", args: []*node{n}}, err
	}
	return p.power()
}

// power binds to the right, and more tightly than a sign on its left.
func (p *parser) power() (*node, error) {
	n, err := p.atom()
	if err != nil {
		return nil, err
	}
	if _, ok := p.symbol("^"); !ok {
		return n, nil
	}
	exponent, err := p.sign()
	return &node{name: "^", args: []*node{n, exponent}}, err
}

func (p *parser) atom() (*node, error) {
	if _, ok := p.symbol("("); ok {
		n, err := p.sum()
		if err != nil {
			return nil, err
		}
		return n, p.closing()
	}
	switch t := p.now(); t.kind {
	case numberToken:
		p.take()
		return &node{value: &t}, nil
	case nameToken:
		p.take()
		if _, ok := p.symbol("("); ok {
			return p.call(t.text)
		}
		return &node{name: t.text}, nil
	}
	return nil, p.unexpected("a name, a number or (")
}

func (p *parser) closing() error {
	if _, ok := p.symbol(")"); !ok {
		return p.unexpected(")")
	}
	return nil
}

// call reads the arguments of a function.
func (p *parser) call(name string) (*node, error) {
	n := &node{name: name, args: []*node{}}
	f, ok := functions[name]
	if !ok {
		return nil, Error{Problem: "there is no function " + quote(name) + didYouMean(name, functionNames()), Allowed: listed(functionNames())}
	}
	for {
		arg, err := p.sum()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		if _, ok := p.symbol(","); !ok {
			break
		}
	}
	if len(n.args) < f.least || len(n.args) > f.most {
		return nil, Error{Problem: fmt.Sprintf("%s has %s", name, arguments(len(n.args))), Allowed: f.usage}
	}
	return n, p.closing()
}

// names calls see for each name of the sheet in a formula.
func (n *node) names(see func(string)) {
	if n.value == nil && n.args == nil {
		see(n.name)
	}
	for _, a := range n.args {
		a.names(see)
	}
}

// arguments counts them in words.
func arguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}
