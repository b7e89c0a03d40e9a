package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Dimension is a product of powers of base dimensions. The zero value is the
// dimension of plain numbers.
type Dimension struct{ powers []power }

// power is one base dimension. Key tells bases apart, word shows them.
type power struct {
	key, word string
	exponent  int
}

// Keys of the bases that are not counts; no word of a sheet has a "#".
const (
	timeKey  = "#time"
	bytesKey = "#bytes"
	moneyKey = "#money"
)

// maxExponent bounds the power of a base.
const maxExponent = 100

func base(key, word string) Dimension { return Dimension{[]power{{key, word, 1}}} }

// counting is the dimension of a word such as "users". The singular and the
// plural of a word are one dimension.
func counting(word string) Dimension { return base(canonical(word), word) }

// canonical maps the singular and the plural of English words to one form;
// "caches" and "cache", "queries" and "query", "boxes" and "box" meet.
func canonical(word string) string {
	word = strings.ToLower(word)
	if !strings.HasSuffix(word, "ss") {
		word = strings.TrimSuffix(word, "s")
	}
	word = strings.TrimSuffix(word, "e")
	if stem, ok := strings.CutSuffix(word, "y"); ok {
		word = stem + "i"
	}
	return word
}

// Mul is the dimension of a product.
func (d Dimension) Mul(o Dimension) Dimension {
	out := slices.Clone(d.powers)
	for _, p := range o.powers {
		i, found := slices.BinarySearchFunc(out, p.key, func(q power, key string) int { return cmp.Compare(q.key, key) })
		if !found {
			out = slices.Insert(out, i, p)
			continue
		}
		out[i].exponent += p.exponent
		if out[i].exponent == 0 {
			out = slices.Delete(out, i, i+1)
		}
	}
	return Dimension{out}
}

// Div is the dimension of a quotient.
func (d Dimension) Div(o Dimension) Dimension { return d.Mul(o.Pow(-1)) }

// Pow is the dimension of a power with a whole exponent.
func (d Dimension) Pow(n int) Dimension {
	if n == 0 {
		return Dimension{}
	}
	out := slices.Clone(d.powers)
	for i := range out {
		out[i].exponent *= n
	}
	return Dimension{out}
}

// root is the n-th root, or false where an exponent does not divide.
func (d Dimension) root(n int) (Dimension, bool) {
	out := slices.Clone(d.powers)
	for i := range out {
		if out[i].exponent%n != 0 {
			return Dimension{}, false
		}
		out[i].exponent /= n
	}
	return Dimension{out}, true
}

// Equal reports whether two dimensions are the same.
func (d Dimension) Equal(o Dimension) bool {
	return slices.EqualFunc(d.powers, o.powers, func(p, q power) bool { return p.key == q.key && p.exponent == q.exponent })
}

// Plain reports whether it is the dimension of plain numbers.
func (d Dimension) Plain() bool { return len(d.powers) == 0 }

// whole reports whether it is a count of something, or a plain number: what
// can be rounded to whole ones.
func (d Dimension) whole() bool {
	return !slices.ContainsFunc(d.powers, func(p power) bool { return strings.HasPrefix(p.key, "#") })
}

// rate reports whether it is a count per time, or 1 per time.
func (d Dimension) rate() bool {
	counts := d.Mul(base(timeKey, "time"))
	return len(counts.powers) == 0 || len(counts.powers) == 1 && counts.whole() && counts.powers[0].exponent == 1
}

// tooHigh reports a power beyond what any estimate has.
func (d Dimension) tooHigh() bool {
	return len(d.powers) > maxExponent || slices.ContainsFunc(d.powers, func(p power) bool {
		return p.exponent > maxExponent || p.exponent < -maxExponent
	})
}

// String is the dimension in words: "bytes × time", "tweets/time", "1/time",
// "a plain number".
func (d Dimension) String() string {
	if d.Plain() {
		return "a plain number"
	}
	return d.text(nil)
}

// unit is the dimension's unit in base units: "B*s", "tweets/s".
func (d Dimension) unit() Unit {
	if d.Plain() {
		return Unit{}
	}
	text := d.text(map[string]string{timeKey: "s", bytesKey: "B", moneyKey: "$"})
	return Unit{text: strings.ReplaceAll(text, " × ", "*"), dimension: d}
}

// text is the dimension with other words for some bases.
func (d Dimension) text(words map[string]string) string {
	var over, under []string
	for _, p := range d.powers {
		text := p.word
		if word, ok := words[p.key]; ok {
			text = word
		}
		if n := max(p.exponent, -p.exponent); n > 1 {
			text += fmt.Sprintf("^%d", n)
		}
		if p.exponent > 0 {
			over = append(over, text)
		} else {
			under = append(under, text)
		}
	}
	if len(over) == 0 {
		over = []string{"1"}
	}
	text := strings.Join(over, " × ")
	if len(under) > 0 {
		text += "/" + strings.Join(under, "/")
	}
	return text
}
