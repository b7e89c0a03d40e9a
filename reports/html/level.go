package html

// level bounds what a page shows of a run. What it leaves out is in run.json,
// and the page says so where it does.
type level struct {
	// timelines of kills, and the rows of each one's table.
	timelines, slices int
	// figures of one stage's experiments, points of one series and rows of one
	// table of theirs.
	figures, points, rows int
	// facts of a stage, and points of a percentile curve.
	facts, curve int
	// columns and rows of a heat map.
	heatColumns, heatRows int
}

// levels are tried in order until the page keeps its budget. The first shows
// a run of the whole ladder as it is.
func levels() []level {
	return []level{
		{timelines: 120, slices: 24, figures: 40, points: 240, rows: 120, facts: 3000, curve: 70, heatColumns: 72, heatRows: 40},
		{timelines: 60, slices: 20, figures: 24, points: 240, rows: 80, facts: 1000, curve: 70, heatColumns: 60, heatRows: 36},
		{timelines: 26, slices: 20, figures: 12, points: 120, rows: 60, facts: 150, curve: 48, heatColumns: 40, heatRows: 28},
		{timelines: 13, slices: 12, figures: 7, points: 60, rows: 30, facts: 60, curve: 28, heatColumns: 24, heatRows: 20},
		{timelines: 6, slices: 6, figures: 3, points: 24, rows: 12, facts: 15, curve: 14, heatColumns: 16, heatRows: 12},
	}
}
