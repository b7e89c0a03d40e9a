package targets_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"rung/targets"
)

func TestVisitsCounts(t *testing.T) {
	data := targets.Data{Users: 100, OrdersPerUser: 5}
	for _, row := range []struct {
		op      targets.Operation
		store   targets.Kind
		classes map[targets.Statement]int
		pages   []string // in order, without repeats
	}{
		{targets.OpUser, targets.KindDatabase, map[targets.Statement]int{"read": 1}, []string{"users"}},
		{targets.OpUser, targets.KindKeyValue, map[targets.Statement]int{"get": 1}, []string{"users"}},
		{targets.OpOrders, targets.KindDatabase, map[targets.Statement]int{"join": 1}, []string{"orders"}},
		{targets.OpOrders, targets.KindKeyValue, map[targets.Statement]int{"get": 2 + 5}, []string{"users", "orders"}},
		{targets.OpPost, targets.KindDatabase, map[targets.Statement]int{"write": 1}, nil},
		{targets.OpPost, targets.KindKeyValue, map[targets.Statement]int{"set": 1}, nil},
		{targets.OpPhoto, targets.KindDatabase, map[targets.Statement]int{"write": 1}, nil},
		{targets.OpPhoto, targets.KindKeyValue, map[targets.Statement]int{"set": 1}, nil},
		{targets.OpAsset, targets.KindDatabase, nil, nil},
		{targets.OpLogin, targets.KindDatabase, nil, nil},
		{targets.OpMe, targets.KindKeyValue, nil, nil},
		{"buy", targets.KindDatabase, nil, nil},
	} {
		t.Run(string(row.op)+" on "+string(row.store), func(t *testing.T) {
			classes, want := map[targets.Statement]int{}, 0
			var pages []string
			for _, v := range targets.Visits(row.op, row.store, data) {
				classes[v.Statement]++
				if v.Page != "" && !slices.Contains(pages, v.Page) {
					pages = append(pages, v.Page)
				}
				if !v.Serial {
					t.Error("a statement does not wait for the one before")
				}
			}
			for class, n := range row.classes {
				want += n
				if classes[class] != n {
					t.Errorf("%d times %s, want %d", classes[class], class, n)
				}
			}
			if got := len(targets.Visits(row.op, row.store, data)); got != want || !slices.Equal(pages, row.pages) {
				t.Errorf("%d statements on pages %v, want %d on %v", got, pages, want, row.pages)
			}
		})
	}
}

func TestLawCheck(t *testing.T) {
	for _, row := range []struct {
		name string
		law  targets.Law
		want string
	}{
		{"zero", targets.Law{}, ""},
		{"constant", targets.Constant(time.Second), ""},
		{"longest", targets.Constant(targets.MaxMean), ""},
		{"exponential", targets.Law{Shape: targets.ShapeExponential, Mean: 1}, ""},
		{"lognormal", targets.Law{Shape: targets.ShapeLognormal, Mean: 1, CV: 20}, ""},
		{"unknown shape", targets.Law{Shape: "normal"}, `unknown shape "normal": allowed are constant, exponential, lognormal`},
		{"negative mean", targets.Constant(-1), "mean is -1ns: allowed is 0 to 1m0s"},
		{"endless", targets.Constant(targets.MaxMean + 1), "mean is 1m0.000000001s: allowed is 0 to 1m0s"},
		{"negative cv", targets.Law{CV: -0.1}, "cv is -0.1: allowed is 0 to 20"},
		{"large cv", targets.Law{CV: 20.5}, "cv is 20.5: allowed is 0 to 20"},
		{"cv that is no number", targets.Law{CV: math.NaN()}, "cv is NaN: allowed is 0 to 20"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := ""
			if err := row.law.Check(); err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestLawVariation(t *testing.T) {
	for _, row := range []struct {
		law  targets.Law
		want float64
	}{
		{targets.Law{CV: 3}, 0}, {targets.Law{Shape: targets.ShapeConstant, CV: 3}, 0},
		{targets.Law{Shape: targets.ShapeExponential, CV: 3}, 1}, {targets.Law{Shape: targets.ShapeLognormal, CV: 3}, 3},
	} {
		if got := row.law.Variation(); got != row.want {
			t.Errorf("%+v varies by %v, want %v", row.law, got, row.want)
		}
	}
}

func TestCallers(t *testing.T) {
	s := site()
	for _, row := range []struct {
		role string
		want []string
	}{
		{"lb", []string{"lb"}},
		{"web-1", []string{"lb", "web-1"}},
		{"db", []string{"web-1", "db"}},
		{"kv", []string{"web-2", "db"}},
		{"root", []string{"resolver", "root"}},
		{"authoritative", []string{"resolver", "names"}}, // a delegation is no connection
		{"nobody", nil},
	} {
		if got := s.Callers(row.role); !slices.Equal(got, row.want) {
			t.Errorf("callers of %s are %v, want %v", row.role, got, row.want)
		}
	}
}

func TestLookups(t *testing.T) {
	s := site()
	if n, ok := s.Node("db"); !ok || len(n.Roles) != 2 {
		t.Errorf("node db: %+v, %v", n, ok)
	}
	if _, ok := s.Node("nobody"); ok {
		t.Error("a node that is not there was found")
	}
	if r, n, ok := s.Role("authoritative"); !ok || r.Name != "authoritative" || n.Name != "names" {
		t.Errorf("role authoritative: %+v on %q, %v", r, n.Name, ok)
	}
	if _, _, ok := s.Role("nobody"); ok {
		t.Error("a role that is not there was found")
	}
	if got := s.RolesOf(targets.KindWeb); len(got) != 2 || got[0].Name != "web-1" || got[1].Name != "web-2" {
		t.Errorf("web roles: %+v", got)
	}
	for _, row := range []struct {
		from, to string
		delay    time.Duration
		ok       bool
	}{
		{"lb", "web-1", time.Millisecond, true}, {"lb", "lb", 0, true}, {"web-1", "lb", 0, false}, {"lb", "db", 0, false},
		{"clients", "clients", 0, true},
	} {
		if l, ok := s.Link(row.from, row.to); ok != row.ok || l.OneWay != row.delay {
			t.Errorf("link %s to %s: %+v, %v", row.from, row.to, l, ok)
		}
	}
	if got := (targets.Role{Kind: targets.KindWeb, Web: &targets.Web{}}).Uses(); got != nil {
		t.Errorf("a web role without a store uses %v", got)
	}
	if got := targets.AssetName(7); got != "asset-07.bin" {
		t.Errorf("asset 7 is %q", got)
	}
}
