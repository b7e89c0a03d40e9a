package html

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"rung/bench"
	"rung/reports"
)

// relationTable is the twin of a figure: every place of the axis is a row,
// every series a column. Most bounds the rows.
func relationTable(in bench.Figure, most int) *table {
	t := &table{Caption: relationTitle(in), Columns: columns()}
	head := column{Head: orMissing(in.X.Label), Number: len(in.X.Names) == 0}
	t.Columns = append(t.Columns, head)
	for _, s := range in.Series {
		name := seriesLabel(s)
		if s.Second && in.Second.Label != "" {
			name += ", " + in.Second.Label
		}
		t.Columns = append(t.Columns, column{Head: name, Number: true})
	}
	rows := relationRows(in)
	step := (len(rows) + most - 1) / max(most, 1)
	for i, r := range rows {
		if step > 1 && i%step != 0 && i != len(rows)-1 {
			continue
		}
		t.Rows = append(t.Rows, r.cells)
	}
	var notes []string
	if step > 1 {
		notes = append(notes, fmt.Sprintf("One row in %d is shown; all are in run.json.", step))
	}
	if text := bandsText(in.Bands); text != "" {
		notes = append(notes, text)
	}
	t.Note = strings.Join(notes, " ")
	return t
}

func relationTitle(in bench.Figure) string {
	if in.Title == "" {
		return orMissing(in.ID)
	}
	return in.Title
}

// relationRow is one place and what every series has there.
type relationRow struct {
	x     float64
	cells []cell
}

// relationRows joins the series by place. A series with several points at one
// place has a row for each.
func relationRows(in bench.Figure) []relationRow {
	var rows []relationRow
	at := map[float64][]int{}
	for column, s := range in.Series {
		used := map[float64]int{}
		for _, p := range s.Points {
			n := used[p.X]
			used[p.X]++
			if n == len(at[p.X]) {
				at[p.X] = append(at[p.X], len(rows))
				row := relationRow{x: p.X, cells: make([]cell, len(in.Series)+1)}
				row.cells[0] = text(placeName(in.X, p.X))
				for i := range in.Series {
					row.cells[i+1] = text("")
				}
				rows = append(rows, row)
			}
			rows[at[p.X][n]].cells[column+1] = pointCell(in, s, p)
		}
	}
	slices.SortStableFunc(rows, func(a, b relationRow) int { return cmp.Compare(a.x, b.x) })
	return rows
}

// placeName is what stands at a place of an axis.
func placeName(a bench.Axis, x float64) string {
	if i := int(x); x >= 0 && x < float64(len(a.Names)) && float64(i) == x {
		return a.Names[i]
	}
	if a.Unit == bench.UnitNs && x == math.Trunc(x) && math.Abs(x) < farthest {
		return clockTime(time.Duration(x))
	}
	return written(a.Unit, x)
}

// pointCell is a value with its interval and the number of samples.
func pointCell(in bench.Figure, s bench.Series, p bench.FigurePoint) cell {
	unit := in.Y.Unit
	if s.Second && (in.Second.Label != "" || in.Second.Unit != "") {
		unit = in.Second.Unit
	}
	out := cell{Text: reports.Missing}
	if p.Y != nil {
		out.Text = written(unit, *p.Y)
	}
	var sub []string
	if p.Low != nil && p.High != nil {
		sub = append(sub, written(unit, *p.Low)+" to "+written(unit, *p.High))
	}
	if p.Count > 0 {
		sub = append(sub, "n "+reports.Count(p.Count))
	}
	out.Sub = strings.Join(sub, ", ")
	return out
}

// bandsText tells the shaded spans.
func bandsText(bands []bench.Band) string {
	if len(bands) == 0 {
		return ""
	}
	var parts []string
	for _, b := range bands[:min(len(bands), maxBands)] {
		parts = append(parts, fmt.Sprintf("%s from %s to %s", orMissing(b.Label), clockTime(b.From), clockTime(b.To)))
	}
	if len(bands) > maxBands {
		parts = append(parts, reports.Count(len(bands)-maxBands)+" more in run.json")
	}
	return "Shaded: " + strings.Join(parts, "; ") + "."
}

// clockTime is a moment on the axis of a run.
func clockTime(d time.Duration) string {
	if d == 0 {
		return "0" + reports.Thin + "s"
	}
	return reports.Setting(d)
}
