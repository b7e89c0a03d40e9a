package html

import (
	"cmp"
	"slices"

	"rung/bench"
	"rung/reports"
)

// failures groups the errors of all attacks of a stage, the most frequent
// first.
func failures(s bench.StageResult) *table {
	t := &table{Caption: "Errors by attack, operation and cause",
		Columns: columns("Attack", "Operation", "Cause", ">Count")}
	type row struct {
		attack string
		bench.ErrorGroup
	}
	var all []row
	of := func(m *bench.Measurement) {
		if m == nil {
			return
		}
		for _, e := range m.Errors {
			all = append(all, row{m.Name, e})
		}
	}
	of(s.Common)
	for _, v := range s.Variants {
		of(v.Latency)
	}
	for i := range s.Kills {
		of(&s.Kills[i].Measurement)
	}
	slices.SortStableFunc(all, func(a, b row) int { return cmp.Compare(b.Count, a.Count) })
	if len(all) > maxErrors {
		var rest uint64
		for _, r := range all[maxErrors:] {
			rest += r.Count
		}
		t.Note = plural(len(all)-maxErrors,
			"further group") + " with " + reports.Count(rest) + " errors are in run.json."
		all = all[:maxErrors]
	}
	for _, r := range all {
		t.add(text(r.attack), text(r.Operation), text(r.Cause), text(reports.Count(r.Count)))
	}
	return t
}

// demands is what one request asks of each resource, by the estimate.
func demands(s bench.StageResult) *table {
	t := &table{Caption: "Demand of one request of the mix, estimated",
		Columns: columns("Resource", ">Slots", ">Time per request", ">Always busy at")}
	for _, d := range s.Prediction.Demands {
		ceiling := reports.Missing
		if d.Ceiling > 0 {
			ceiling = reports.Rate(d.Ceiling)
		}
		t.add(text(d.Node+"/"+d.Resource), text(reports.Count(d.Slots)), text(reports.Nanoseconds(d.TimeNs)),
			text(ceiling))
	}
	if limit := s.Prediction.Bottleneck.String(); limit != "" && len(t.Rows) > 0 {
		t.Note = "Expected to be the limit: " + limit + "."
	}
	return t
}

// uses is the use of every resource at the highest rate that passed.
func uses(s bench.StageResult) *table {
	t := &table{Columns: columns("Resource", ">In use", ">Longest queue seen", "By role")}
	probe := s.Capacity.Breaking()
	if probe == nil {
		return t
	}
	t.Caption = "Slot time in use at " + reports.Rate(probe.Rate) + ", measured"
	for _, u := range probe.Uses {
		var roles []string
		for name, ratio := range u.Roles {
			roles = append(roles, name+" "+reports.Percent(ratio))
		}
		slices.Sort(roles)
		t.add(text(u.Node+"/"+u.Resource), text(reports.Percent(u.Ratio)), text(reports.Count(u.Queue)), lines(roles))
	}
	return t
}

func facts(s bench.StageResult, most int) *table {
	t := &table{Caption: "Every fact that claims and estimates may name: " + reports.Count(len(s.Facts)),
		Columns: columns("Fact", ">Value", "From", "Doubt")}
	all := slices.Clone(s.Facts)
	slices.SortStableFunc(all, func(a, b bench.Fact) int { return cmp.Compare(a.Name, b.Name) })
	if len(all) > most {
		t.Note = plural(len(all)-most, "further fact") + " are in run.json."
		all = all[:most]
	}
	for _, f := range all {
		t.add(text(f.Name), text(reports.Value(f.Name, f.Value)), text(f.From), text(f.Doubt))
	}
	return t
}
