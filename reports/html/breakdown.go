package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"rung/bench"
	"rung/reports"
)

// breakdownFigures show where requests near each recorded quantile spent
// their time, one chart per quantile.
func (b *builder) breakdownFigures() ([]figure, error) {
	var quantiles []float64
	for _, s := range b.run.Stages {
		for _, d := range breakdowns(s) {
			if !slices.Contains(quantiles, d.Quantile) {
				quantiles = append(quantiles, d.Quantile)
			}
		}
	}
	slices.Sort(quantiles)
	var out []figure
	for _, q := range quantiles {
		f, err := b.breakdownFigure(q)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func breakdowns(s bench.StageResult) []bench.Breakdown {
	if s.Common == nil {
		return nil
	}
	return s.Common.Breakdown
}

func (b *builder) breakdownFigure(q float64) (figure, error) {
	f := figure{ID: b.ids.of("figure", "time-"+reports.Quantile(q)),
		Title: fmt.Sprintf("Where a request near the %s spends its time", reports.Quantile(q)),
		Subtitle: fmt.Sprintf("Means over the requests whose response time lies around the %s of the common load of %s; the parts of a bar are of the same requests and add up",
			reports.Quantile(q), reports.Rate(b.run.Profile.Rate)),
		How: "Hatched is waiting: queues, connections, the generator. Plain is work and wires. The parts of a tier share a colour, and stand in the order in which a request meets the tiers. Parts under a thousandth of the longest bar are in the table only." + b.around(q)}
	names := partNames(b.run, q)
	var stages []string
	var rows []bench.Breakdown
	for _, s := range b.run.Stages {
		for _, d := range breakdowns(s) {
			if d.Quantile == q {
				stages, rows = append(stages, s.Stage.ID), append(rows, d)
			}
		}
	}
	f.Height = rowsAround + 44 + rowHeight*len(rows)
	f.Table = breakdownTable(q, names, stages, rows)
	p := newPlot("axis",
		[]opts.XAxis{{Type: "value", Min: 0, Name: "mean time", NameLocation: "middle", NameGap: 30}},
		[]opts.YAxis{{Type: "category", Data: stages, Inverse: opts.Bool(true)}},
		opts.Grid{Left: "8", Right: "24", Top: "44", Bottom: "44", ContainLabel: opts.Bool(true)})
	p.formats([]string{"ns"}, []string{"name"})
	names = slices.DeleteFunc(names, func(name string) bool { return slight(rows, name) })
	for i, name := range names {
		var data []any
		for _, d := range rows {
			data = append(data, partOf(d, name))
		}
		color := partColor(name)
		p.add("ns", charts.SingleSeries{Name: partLabel(name), Type: "bar", Stack: "time", Data: data, BarWidth: "18",
			ItemStyle: &opts.ItemStyle{Color: color, BorderColor: "@ground", BorderWidth: 1,
				Opacity: opts.Float(partOpacity(name))}})
		if waiting(name) {
			p.view.Hatched = append(p.view.Hatched, i)
		}
	}
	var labels []string
	for _, n := range names {
		labels = append(labels, partLabel(n))
	}
	p.legend(labels...)
	return f, f.draw(p)
}

// slight says that a part is too short in every bar to be seen.
func slight(rows []bench.Breakdown, name string) bool {
	var longest time.Duration
	for _, d := range rows {
		longest = max(longest, d.Response)
	}
	return !slices.ContainsFunc(rows, func(d bench.Breakdown) bool {
		v, ok := partOf(d, name).(float64)
		return ok && v >= float64(longest)/1000
	})
}

// around says how many requests the means of a chart are over, and why they
// may lie off the quantile itself.
func (b *builder) around(q float64) string {
	least, most := 0, 0
	for _, s := range b.run.Stages {
		for _, d := range breakdowns(s) {
			if d.Quantile != q || d.Requests <= 0 {
				continue
			}
			if least == 0 || d.Requests < least {
				least = d.Requests
			}
			most = max(most, d.Requests)
		}
	}
	if most == 0 {
		return ""
	}
	count := reports.Count(least)
	if least < most {
		count += " to " + reports.Count(most)
	}
	return fmt.Sprintf(" Each bar is the mean over %s sampled requests next to the %s, as many above as below: where the slowest are far slower, it lies above the %s itself.",
		count, reports.Quantile(q), reports.Quantile(q))
}

// partNames are the parts of all stages at a quantile, in the order in which a
// request meets their tiers.
func partNames(run bench.Run, q float64) []string {
	var names []string
	for _, s := range run.Stages {
		for _, d := range breakdowns(s) {
			if d.Quantile != q {
				continue
			}
			for _, p := range d.Parts {
				if !slices.Contains(names, p.Name) {
					names = append(names, p.Name)
				}
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(rankOf(a), rankOf(b)) })
	return names
}

func partOf(d bench.Breakdown, name string) any {
	var sum time.Duration
	found := false
	for _, p := range d.Parts {
		if p.Name == name {
			sum, found = sum+p.Time, true
		}
	}
	if !found {
		return nil
	}
	return number(float64(sum))
}

// partLabel explains the two parts that no server names.
func partLabel(name string) string {
	switch name {
	case "late":
		return "late (generator)"
	case "rest":
		return "rest (network, unnamed)"
	}
	return name
}

// tier is what a part belongs to: "web" of "web-queue".
func tier(name string) string {
	head, _, _ := strings.Cut(name, "-")
	return head
}

// kind is what a part is of its tier: "queue" of "web-queue".
func kind(name string) string { return name[strings.LastIndexByte(name, '-')+1:] }

// waiting says that a part is time in which nobody worked on the request.
func waiting(name string) bool {
	return name == "late" || strings.Contains(name, "-") && slices.Contains([]string{"queue", "conn", "wait"}, kind(name))
}

// tierLook is the colour of a tier. There are fewer hues that everybody can
// tell apart than tiers: pale is the second tier of a hue, never next to the
// first.
type tierLook struct {
	name, color string
	pale        bool
}

// tierLooks are the tiers that name their time, in the order in which a
// request meets them.
var tierLooks = []tierLook{
	{"late", "@before", false},
	{"edge", "@four", false},
	{"origin", "@four", true},
	{"lb", "@three", false},
	{"web", "@one", false},
	{"sess", "@three", true},
	{"cache", "@four", true},
	{"db", "@two", false},
	{"kv", "@two", false},
	{"vol", "@one", true},
}

// rankOf is the place of a part: by tier, then what no tier is known of, and
// last what nobody named.
func rankOf(name string) int {
	if name == "rest" {
		return len(tierLooks) + 1
	}
	if at := slices.IndexFunc(tierLooks, func(l tierLook) bool { return l.name == tier(name) }); at >= 0 {
		return at
	}
	return len(tierLooks)
}

// partColor is the colour of a part's tier.
func partColor(name string) string {
	if at := rankOf(name); at < len(tierLooks) {
		return tierLooks[at].color
	}
	return "@before"
}

// partOpacity tells tiers of one hue, and the plain parts of a tier, apart.
func partOpacity(name string) float32 {
	full := float32(1)
	if at := rankOf(name); at < len(tierLooks) && tierLooks[at].pale {
		full = 0.6
	}
	switch {
	case name == "rest", strings.HasSuffix(name, "-net"):
		return 0.45 * full
	case waiting(name):
		return 0.8 * full
	}
	return full
}

// breakdownTable has a column for every stage: there are more parts than
// stages.
func breakdownTable(q float64, names, stages []string, rows []bench.Breakdown) *table {
	t := &table{Caption: "Mean time by part, of requests near the " + reports.Quantile(q), Columns: columns("Part")}
	requests, response := []cell{text("requests")}, []cell{text("response time")}
	for i, d := range rows {
		t.Columns = append(t.Columns, column{Head: stages[i], Number: true})
		requests = append(requests, text(reports.Count(d.Requests)))
		response = append(response, text(reports.Duration(d.Response)))
	}
	t.add(requests...)
	t.add(response...)
	for _, n := range names {
		cells := []cell{text(partLabel(n))}
		for _, d := range rows {
			value := reports.Missing
			if v, ok := partOf(d, n).(float64); ok {
				value = reports.Nanoseconds(v)
			}
			cells = append(cells, text(value))
		}
		t.add(cells...)
	}
	return t
}
