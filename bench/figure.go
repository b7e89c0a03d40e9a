package bench

import "time"

// Figure is a relation that an experiment measured, to be drawn and read:
// hit ratio against size, load and servers over time. Its text is complete,
// so that a report draws every figure in the same way.
type Figure struct {
	// ID is unique in its stage and made of a-z 0-9 and hyphens.
	ID    string `json:"id"`
	Title string `json:"title"`
	// How says in a sentence or two how to read it, and what it shows.
	How string `json:"how"`
	X   Axis   `json:"x"`
	// Y is the axis of every series but those with Second.
	Y Axis `json:"y"`
	// Second is the axis on the right. Its zero value means that there is
	// none.
	Second Axis     `json:"second,omitzero"`
	Series []Series `json:"series"`
	Bands  []Band   `json:"bands,omitempty"`
}

// Axis of a figure.
type Axis struct {
	Label string `json:"label"`
	Unit  Unit   `json:"unit"`
	// Log draws the axis logarithmically; values at or below zero are left
	// out of the drawing then, not out of the table.
	Log bool `json:"log,omitempty"`
	// Names of a category axis: a point's X is an index into them. Empty
	// means that X is a number.
	Names []string `json:"names,omitempty"`
}

// Unit of an axis. It decides how values are written.
type Unit string

// The units.
const (
	UnitNone  Unit = ""      // a plain number
	UnitNs    Unit = "ns"    // a duration in nanoseconds
	UnitPerS  Unit = "per_s" // a rate per second
	UnitRatio Unit = "ratio" // 0 to 1, written as a percentage
	UnitBytes Unit = "bytes"
	UnitUSD   Unit = "usd"
	UnitCount Unit = "count" // a whole number
)

// Units lists the units.
func Units() []Unit {
	return []Unit{UnitNone, UnitNs, UnitPerS, UnitRatio, UnitBytes, UnitUSD, UnitCount}
}

// Series is one line, step line, set of dots or set of bars.
type Series struct {
	Name string `json:"name"`
	Mark Mark   `json:"mark"`
	// Predicted series are drawn dashed: they were not measured.
	Predicted bool `json:"predicted,omitempty"`
	// Second puts the series on the second axis.
	Second bool          `json:"second,omitempty"`
	Points []FigurePoint `json:"points"`
}

// Mark is how a series is drawn.
type Mark string

// The marks.
const (
	MarkLine Mark = "line"
	MarkStep Mark = "step"
	MarkDots Mark = "dots"
	MarkBars Mark = "bars"
	// MarkStack is bars that add up with the other stacked series.
	MarkStack Mark = "stack"
)

// Marks lists the marks.
func Marks() []Mark { return []Mark{MarkLine, MarkStep, MarkDots, MarkBars, MarkStack} }

// FigurePoint is one point. A nil Y is a gap: not enough data.
type FigurePoint struct {
	X float64  `json:"x"`
	Y *float64 `json:"y"`
	// Low and High are an interval around Y, when there is one.
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
	// Count of samples behind the point, when it is of interest.
	Count uint64 `json:"count,omitempty"`
}

// Band marks a span of a time axis.
type Band struct {
	Label string        `json:"label"`
	From  time.Duration `json:"from_ns"`
	To    time.Duration `json:"to_ns"`
}
