package html

import (
	"slices"
	"strconv"
	"strings"

	"rung/bench"
	"rung/reports"
)

// table is a table of the page. It always has a caption and scoped heads.
type table struct {
	Caption string
	Columns []column
	Rows    [][]cell
	// Note stands under the table.
	Note string
	// Prose says that the heads of its rows are sentences.
	Prose bool
}

// column is the head of a column.
type column struct {
	Head string
	// Number columns are set flush right.
	Number bool
	// Title explains the head.
	Title string
}

// columns makes heads from short texts: ">" at the start marks a number
// column, and what follows "|" explains the head.
func columns(heads ...string) []column {
	out := make([]column, 0, len(heads))
	for _, h := range heads {
		head, title, _ := strings.Cut(h, "|")
		name, number := strings.CutPrefix(head, ">")
		out = append(out, column{Head: name, Title: title, Number: number})
	}
	return out
}

// cell is one cell. The first cell of a row is its head.
type cell struct {
	Text string
	// Sub is a second, smaller line.
	Sub string
	// Link is the id of an element of the page.
	Link string
	// Word makes the cell a verdict.
	Word bench.Word
	// Lines, when there are any, stand one per line in place of Text.
	Lines []string
}

func text(s string) cell { return cell{Text: orMissing(s)} }

func verdict(w bench.Word) cell { return cell{Word: reports.Word(w), Text: string(reports.Word(w))} }

func lines(l []string) cell {
	if len(l) == 0 {
		return text("")
	}
	return cell{Lines: capped(l, maxLines)}
}

func orMissing(s string) string {
	if s == "" {
		return reports.Missing
	}
	return s
}

// The most entries that the page shows of a list that others control.
const (
	maxLines    = 40
	maxErrors   = 20
	maxWarnings = 50
	maxFacts    = 300
	maxWires    = 200
)

// capped cuts a list and says what it left out.
func capped(list []string, most int) []string {
	if len(list) <= most {
		return list
	}
	out := append([]string(nil), list[:most]...)
	return append(out, reports.Count(len(list)-most)+" more are in run.json")
}

// Class names the number columns for the style sheet: "n2 n5" sets the second
// and the fifth flush right. A class per cell would double the page.
func (t *table) Class() string {
	var out []string
	if t.Prose {
		out = append(out, "prose")
	}
	for i, c := range t.Columns {
		if c.Number {
			out = append(out, "n"+strconv.Itoa(i+1))
		}
	}
	return strings.Join(out, " ")
}

// add appends a row.
func (t *table) add(cells ...cell) { t.Rows = append(t.Rows, cells) }

// prune drops the columns from one to the one before another in which no row
// says anything.
func (t *table) prune(from, to int) { t.dropAll(reports.Missing, from, to) }

// pruneEmpty is prune for columns that may have cells of several lines.
func (t *table) pruneEmpty(from, to int) {
	for i := to - 1; i >= from; i-- {
		if !slices.ContainsFunc(t.Rows, func(row []cell) bool { return len(row[i].Lines) > 0 }) {
			t.prune(i, i+1)
		}
	}
}

// dropAll drops the columns from one to the one before another in which every
// row says the same.
func (t *table) dropAll(same string, from, to int) {
	for i := to - 1; i >= from; i-- {
		said := slices.ContainsFunc(t.Rows, func(row []cell) bool { return row[i].Text != same })
		if said || len(t.Rows) == 0 {
			continue
		}
		t.drop(i)
	}
}

// foldColumn makes a note of a column in which all rows say the same, after
// some words. A table of one row keeps it.
func (t *table) foldColumn(column int, words string) {
	if len(t.Rows) < 2 {
		return
	}
	same := t.Rows[0][column].Text
	if same == reports.Missing || slices.ContainsFunc(t.Rows, func(row []cell) bool { return row[column].Text != same }) {
		return
	}
	t.drop(column)
	t.Note = strings.TrimSpace(t.Note + " " + words + same + ".")
}

// drop leaves a column out.
func (t *table) drop(column int) {
	t.Columns = slices.Delete(t.Columns, column, column+1)
	for j := range t.Rows {
		t.Rows[j] = slices.Delete(t.Rows[j], column, column+1)
	}
}

// empty says that a table, or no table, has no row.
func (t *table) empty() bool { return t == nil || len(t.Rows) == 0 }
