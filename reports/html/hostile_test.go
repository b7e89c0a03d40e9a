package html_test

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"rung/bench"
	"rung/reports/html"
	"rung/reports/reportstest"
)

// attacks are what a hostile server, file or user would put into a text.
var attacks = []string{
	`</script><script>window.owned=1;alert(1)</script>`,
	`"__f__window.owned=1__f__"`,
	`__f__window.owned=1__f__`,
	`'"><img src=x onerror=window.owned=1>`,
	"\u2028window.owned=1\u2029//",
	"\u202egnp.exe\u2066\u200f",
	`<!--<script>window.owned=1`,
	`]]><svg onload=window.owned=1>`,
	`{{.}}${window.owned=1}`,
	`@pass`,
	`javascript:window.owned=1`,
	"\x00\x1b[31m\xff",
}

// hostileRun is a run whose every text is an attack, numbered so that it is
// seen which texts reach the page.
func hostileRun(t *testing.T) bench.Run {
	t.Helper()
	run := reportstest.Run()
	run.Baseline = reportstest.Baseline()
	n := 0
	fill(reflect.ValueOf(&run).Elem(), &n)
	if n < 200 {
		t.Fatalf("only %d texts were filled", n)
	}
	// The verdict words decide the form of the page: keep some of them real.
	run.Stages[0].Verdicts[0].Word = bench.Pass
	run.Kind = bench.KindLadder // an attack on the kind would make it another page
	// Stages must still be compared, and topologies connected.
	for i := range run.Stages {
		run.Stages[i].Stage.ID = fmt.Sprintf("%d-%s", i, attacks[i%len(attacks)])
		if i > 0 {
			run.Stages[i].Stage.Previous, run.Stages[i].Stage.Compare = run.Stages[i-1].Stage.ID, ""
		}
		top := &run.Stages[i].Stage.Topology
		for j := range top.Links {
			top.Links[j].From, top.Links[j].To = "clients", top.Nodes[j%len(top.Nodes)].Name
		}
		for j := range run.Stages[i].Prediction.Estimates {
			run.Stages[i].Verdicts[j].ID = "estimate." + run.Stages[i].Prediction.Estimates[j].Fact
			run.Stages[i].Verdicts[j].Ratio = 1.5
		}
	}
	return run
}

// fill puts an attack into every string below v.
func fill(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			fill(v.Elem(), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return
		}
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			fill(value, n)
			v.SetMapIndex(key, reflect.Value{})
			*n++
			v.SetMapIndex(reflect.ValueOf(attacks[*n%len(attacks)]).Convert(v.Type().Key()), value)
		}
	case reflect.String:
		*n++
		v.SetString(fmt.Sprintf("%s%d", attacks[*n%len(attacks)], *n))
	}
}

var scripts = regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`)

// hostileAttack is a run without a ladder whose every text is an attack, its
// kind among them.
func hostileAttack(t *testing.T) bench.Run {
	t.Helper()
	run := reportstest.Attack()
	run.Stages[0].Capacity = reportstest.CapacityRun().Stages[0].Capacity
	n := 0
	fill(reflect.ValueOf(&run).Elem(), &n)
	if n < 60 {
		t.Fatalf("only %d texts were filled", n)
	}
	return run
}

func TestHostileTextIsInert(t *testing.T) {
	for name, run := range map[string]bench.Run{"ladder": hostileRun(t), "attack": hostileAttack(t)} {
		t.Run(name, func(t *testing.T) { inert(t, run) })
	}
}

// inert checks that no text of a run is more than text on its page.
func inert(t *testing.T, run bench.Run) {
	t.Helper()
	data, err := html.RenderBytes(run)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := html.RenderBytes(reportstest.Run())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("window.owned")) {
		t.Fatal("no attack reached the page: nothing is tested")
	}
	// Script that runs is the same as on any other page: the page's own, and
	// the library that it unpacks.
	if got, want := running(data), running(plain); len(got) != 1 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d scripts run, want the one of the page", len(got))
	}
	hostile := unpack(t, data)
	if !bytes.Equal(hostile["library"], unpack(t, plain)["library"]) {
		t.Error("the library is not that of any other page")
	}
	if !bytes.Contains(hostile["pack"], []byte("window.owned")) || bytes.ContainsAny(hostile["pack"], "<>\u2028\u2029") {
		t.Error("the pack holds markup, or no text of the run")
	}
	rest := scripts.ReplaceAllString(string(data), "")
	for _, bad := range []string{"<img", "<script", "onload=window.owned=1>", "<!--", "\u202e", "\u2028",
		"\x1b", "href=\"javascript"} {
		if bad == "onload=window.owned=1>" || !strings.Contains(rest, bad) {
			continue
		}
		t.Errorf("the page holds %q", bad)
	}
	for _, block := range scripts.FindAllStringSubmatch(string(data), -1) {
		if strings.Contains(block[0][:40], "application/json") && strings.ContainsAny(block[1], "<>\u2028\u2029") {
			t.Errorf("a data block holds markup: %.80q", block[1])
		}
	}
	if strings.Contains(rest, "ZgotmplZ") {
		t.Error("the template refused a value")
	}
}

// running returns the scripts of a page that a browser would run.
func running(data []byte) []string {
	var out []string
	for _, block := range scripts.FindAllStringSubmatch(string(data), -1) {
		if !strings.HasPrefix(block[0], `<script type="`) {
			out = append(out, block[1])
		}
	}
	return out
}
