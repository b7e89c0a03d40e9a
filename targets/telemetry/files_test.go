package telemetry_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"rung/targets/telemetry"
)

func TestScrapeConfig(t *testing.T) {
	out, err := telemetry.ScrapeConfig("a \"job\": #1", map[string]string{"web-1/telemetry": "127.0.0.2:9100", "web-2": "127.0.0.3:9100",
		"logs-1/monitor": "[::1]:80"})
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Global struct {
			Interval string `yaml:"scrape_interval"`
			Timeout  string `yaml:"scrape_timeout"`
		}
		Scrapes []struct {
			Job     string `yaml:"job_name"`
			Honor   bool   `yaml:"honor_labels"`
			Statics []struct {
				Targets []string
				Labels  map[string]string
			} `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	d := yaml.NewDecoder(strings.NewReader(string(out)))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if len(file.Scrapes) != 1 || file.Scrapes[0].Job != `a "job": #1` || !file.Scrapes[0].Honor || file.Global.Interval != "1s" {
		t.Fatalf("got %+v", file)
	}
	got := map[string]string{}
	for _, s := range file.Scrapes[0].Statics {
		got[s.Labels["node"]+" "+s.Labels["kind"]] = strings.Join(s.Targets, ",")
	}
	want := map[string]string{"web-1 telemetry": "127.0.0.2:9100", "web-2 telemetry": "127.0.0.3:9100", "logs-1 monitor": "[::1]:80"}
	if !maps.Equal(got, want) {
		t.Errorf("targets are %v, want %v", got, want)
	}
}

func TestScrapeConfigErrors(t *testing.T) {
	tests := []struct {
		name, job string
		addresses map[string]string
	}{
		{"no job", "", map[string]string{"a": "b:1"}},
		{"no targets", "j", nil},
		{"no port", "j", map[string]string{"a": "127.0.0.1"}},
		{"empty port", "j", map[string]string{"a": "127.0.0.1:"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if out, err := telemetry.ScrapeConfig(tt.job, tt.addresses); err == nil {
				t.Errorf("got %s", out)
			}
		})
	}
}

// dashboard is the part of Grafana's model that is looked at.
type dashboard struct {
	Title         string
	SchemaVersion int
	Panels        []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct {
			RefID, Expr, LegendFormat string
			Datasource                struct{ Type, UID string }
		}
	}
	Templating struct {
		List []struct{ Name, Type, Query string }
	}
}

func read(t *testing.T) dashboard {
	t.Helper()
	out, err := telemetry.Dashboard("10 \"wide\"")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDashboard(t *testing.T) {
	d := read(t)
	if d.Title != `10 "wide"` || d.SchemaVersion < 36 { // from 36 on data sources are objects
		t.Errorf("title is %q, schema %d", d.Title, d.SchemaVersion)
	}
	if len(d.Templating.List) != 2 || d.Templating.List[0].Name != "datasource" || d.Templating.List[0].Type != "datasource" {
		t.Errorf("variables are %+v", d.Templating.List)
	}
	var rows []string
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("panel id %d is there twice", p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, ok := cells[[2]int{x, y}]; ok || x >= 24 {
					t.Fatalf("%s lies on %s at %d,%d", p.Title, other, x, y)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			rows = append(rows, p.Title)
			continue
		}
		refs := map[string]bool{}
		for _, q := range p.Targets {
			if q.Datasource.Type != "prometheus" || q.Datasource.UID != "${datasource}" || refs[q.RefID] {
				t.Errorf("query of %s: %+v", p.Title, q)
			}
			refs[q.RefID] = true
		}
		if len(refs) == 0 {
			t.Errorf("%s asks nothing", p.Title)
		}
	}
	if want := []string{"Host", "Tiers", "Business"}; !slices.Equal(rows, want) {
		t.Errorf("rows are %v, want %v", rows, want)
	}
	if _, err := telemetry.Dashboard(""); err == nil {
		t.Error("a dashboard without a title")
	}
}

// TestDashboardNames holds that every metric that the dashboard asks for is
// one that the collector emits, with the labels that it is asked for, used as
// what it is: counters in rates, buckets in quantiles.
func TestDashboardNames(t *testing.T) {
	m, kinds := allKnown()
	emitted := map[string][]string{}
	for s := range scrape(t, serverOf(m, kinds), true) {
		name, labels, _ := strings.Cut(s, "{")
		for _, l := range regexp.MustCompile(`([a-z_]+)="`).FindAllStringSubmatch(labels, -1) {
			emitted[name] = append(emitted[name], l[1])
		}
	}
	names := regexp.MustCompile(`(rate\()?(rung_[a-z0-9_]+)(\{[^}]*\})?(\[\$__rate_interval\])?`)
	by := regexp.MustCompile(`by \(([a-z, ]+)\)`)
	asked := 0
	for _, p := range read(t).Panels {
		for _, q := range p.Targets {
			if strings.Count(q.Expr, "(") != strings.Count(q.Expr, ")") {
				t.Errorf("%s: brackets of %s", p.Title, q.Expr)
			}
			var need []string
			for _, g := range by.FindAllStringSubmatch(q.Expr, -1) {
				need = append(need, strings.Split(g[1], ", ")...)
			}
			for _, l := range regexp.MustCompile(`\{\{([a-z]+)\}\}`).FindAllStringSubmatch(q.LegendFormat, -1) {
				need = append(need, l[1])
			}
			for _, use := range names.FindAllStringSubmatch(q.Expr, -1) {
				asked++
				name, rated := use[2], use[1] != "" && use[4] != ""
				labels, ok := emitted[name]
				if !ok {
					t.Errorf("%s asks for %s, which nobody emits", p.Title, name)
				}
				cumulative := strings.HasSuffix(name, "_total") || strings.HasSuffix(name, "_bucket")
				if rated != cumulative {
					t.Errorf("%s: %s is in a rate: %v", p.Title, name, rated)
				}
				if strings.HasSuffix(name, "_bucket") != strings.Contains(q.Expr, "histogram_quantile") {
					t.Errorf("%s: quantile of %s", p.Title, name)
				}
				for _, l := range need {
					if !slices.Contains(labels, l) {
						t.Errorf("%s: %s has no label %s, only %v", p.Title, name, l, labels)
					}
				}
			}
		}
	}
	if asked < 40 {
		t.Errorf("only %d metrics are asked for", asked)
	}
}
