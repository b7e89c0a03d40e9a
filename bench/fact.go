package bench

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fact is one named number that a run observed. Names are dotted paths whose
// last element carries the unit: "capacity_per_s", "common.p50_ns",
// "kill.db.availability_ratio".
type Fact struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Doubt says why the value must not be judged ("the generator was the
	// limit"). Empty when the value is sound.
	Doubt string `json:"doubt,omitempty"`
	// AtLeast says that a value in doubt is still a lower bound.
	AtLeast bool `json:"at_least,omitempty"`
	// Strain says what the real machine may have made worse than the stage is
	// ("the generator was late"): a judgement that the value meets counts, one
	// that it misses is unknown. Empty when nothing did.
	Strain string `json:"strain,omitempty"`
	// From says what was measured, for a reader.
	From string `json:"from,omitempty"`
}

// Facts is a set of facts by name. The zero value is empty and must be made
// before use. Not safe for concurrent writes.
type Facts map[string]Fact

// Add states a fact. A second fact of the same name replaces the first.
func (f Facts) Add(name string, value float64, from string) {
	f[name] = Fact{Name: name, Value: value, From: from}
}

// Doubt states a fact that must not be judged.
func (f Facts) Doubt(name string, value float64, from, why string) {
	f[name] = Fact{Name: name, Value: value, From: from, Doubt: why}
}

// AtLeast states a fact of which only a lower bound is known, and why.
func (f Facts) AtLeast(name string, value float64, from, why string) {
	f[name] = Fact{Name: name, Value: value, From: from, Doubt: why, AtLeast: true}
}

// Strain marks the sound facts whose names begin with prefix, but those that
// spared says are right however slow the machine was.
func (f Facts) Strain(prefix, why string, spared func(name string) bool) {
	for name, fact := range f {
		if strings.HasPrefix(name, prefix) && fact.Doubt == "" && fact.Strain == "" && !spared(name) {
			fact.Strain = why
			f[name] = fact
		}
	}
}

// Sorted returns the facts by name.
func (f Facts) Sorted() []Fact {
	out := make([]Fact, 0, len(f))
	for _, name := range slices.Sorted(maps.Keys(f)) {
		out = append(out, f[name])
	}
	return out
}

// Under returns a copy of the facts with prefix and a dot before each name.
func (f Facts) Under(prefix string) Facts {
	out := make(Facts, len(f))
	for name, fact := range f {
		fact.Name = fmt.Sprintf("%s.%s", prefix, name)
		out[fact.Name] = fact
	}
	return out
}
