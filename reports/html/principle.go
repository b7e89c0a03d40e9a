package html

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rung/bench"
	"rung/reports"
	"rung/targets"
)

// principleForm is how a claim says that it is the proof of a principle.
var principleForm = regexp.MustCompile(`^Principle ([0-9]{1,3}): *(.+)$`)

// maxTrails bounds the facts of one principle that are followed over the
// ladder.
const maxTrails = 6

// principle is one rule of how to grow, with the claim that proves it.
type principle struct {
	number  int
	text    string
	stage   int
	claim   bench.Claim
	verdict bench.Verdict
}

// principles are the claims of all stages that name one, by number.
func (b *builder) principles() []principle {
	var out []principle
	for i, s := range b.run.Stages {
		for _, v := range s.Verdicts {
			m := principleForm.FindStringSubmatch(v.Text)
			if m == nil {
				continue
			}
			n, err := strconv.Atoi(m[1])
			if err != nil {
				continue
			}
			p := principle{number: n, text: capital(m[2]), stage: i, verdict: v}
			for _, c := range s.Stage.Claims {
				if c.ID == v.ID {
					p.claim = c
				}
			}
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b principle) int { return cmp.Compare(a.number, b.number) })
	return out
}

// proven makes the section of the principles, if some claim names one.
func (b *builder) proven() (section, error) {
	all := b.principles()
	s := section{ID: "principles", Title: "Do the principles hold?"}
	if len(all) == 0 {
		return section{}, nil
	}
	t := &table{Caption: "The principles, each with its evidence", Prose: true,
		Columns: columns("Principle", "Verdict", "Where", "Evidence", "On the way there|the same facts on every stage that has them, by the number of the stage; of several kills of one kind the worst")}
	held := 0
	for _, p := range all {
		if reports.Word(p.verdict.Word) == bench.Pass {
			held++
		}
		t.add(cell{Text: fmt.Sprintf("%d. %s", p.number, p.text), Sub: p.verdict.ID}, verdict(p.verdict.Word), b.stageCell(p.stage),
			lines(p.verdict.Evidence), lines(b.trails(p)))
	}
	s.Tables = []*table{t}
	s.Lead = fmt.Sprintf("%s of %s held. Each is a claim of a stage, judged by what was measured there; beside it is what the same facts were on the stages before.",
		reports.Count(held), plural(len(all), "principle"))
	return s, nil
}

// capital makes a sentence of a text.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// trails follow the facts of a principle's checks over the ladder.
func (b *builder) trails(p principle) []string {
	var out []string
	seen := map[string]bool{}
	for _, text := range p.claim.Checks {
		check, err := bench.ParseCheck(text)
		if err != nil {
			continue
		}
		for _, fact := range check.Needs() {
			label, of := b.trail(p.stage, strings.TrimPrefix(fact, "previous."))
			if seen[label] || len(out) == maxTrails {
				continue
			}
			seen[label] = true
			var steps []string
			for _, s := range b.run.Stages {
				if v, ok := of(s); ok {
					steps = append(steps, short(s.Stage.ID)+": "+v)
				}
			}
			if len(steps) > 1 {
				out = append(out, label+" — "+strings.Join(steps, " · "))
			}
		}
	}
	return out
}

// trail says how a fact is found on any stage, and what it is called. A fact
// about the kill of a node is that about the kills of nodes of its kind.
func (b *builder) trail(stage int, fact string) (label string, of func(bench.StageResult) (string, bool)) {
	node, rest, kill := strings.Cut(strings.TrimPrefix(fact, "kill."), ".")
	kind := fellKind(b.run.Stages[stage].Stage, node)
	if !kill || !strings.HasPrefix(fact, "kill.") || kind == "" {
		return factName(fact), func(s bench.StageResult) (string, bool) { return told(s, fact) }
	}
	return kind + " killed, " + factName(rest), func(s bench.StageResult) (string, bool) { return worstOf(s, kind, rest) }
}

// told is the value of a fact of a stage.
func told(s bench.StageResult, fact string) (string, bool) {
	for _, f := range s.Facts {
		if f.Name == fact {
			return reports.Value(f.Name, f.Value) + unsure(f), true
		}
	}
	return "", false
}

func unsure(f bench.Fact) string {
	if f.Doubt != "" {
		return " (in doubt)"
	}
	return ""
}

// worstOf is the worst value that a fact has over the kills of one kind.
func worstOf(s bench.StageResult, kind, rest string) (string, bool) {
	var worst *bench.Fact
	for _, k := range s.Kills {
		if !reports.OneOfEach(s.Stage, k) || fellKind(s.Stage, k.Node) != kind {
			continue
		}
		for i, f := range s.Facts {
			if f.Name != "kill."+k.Node+"."+rest {
				continue
			}
			low := strings.HasSuffix(rest, "availability_ratio") || strings.HasSuffix(rest, "down_ratio")
			if worst == nil || low && f.Value < worst.Value || !low && f.Value > worst.Value {
				worst = &s.Facts[i]
			}
		}
	}
	if worst == nil {
		return "", false
	}
	return reports.Value(worst.Name, worst.Value) + unsure(*worst), true
}

// fellKind is what kind of thing a stage's kill is about: the first role of the
// node, or a data centre. Empty when there is no such kill.
func fellKind(s bench.Stage, name string) string {
	for _, k := range s.Kills {
		if k.Node == "" && k.DataCenter == name && name != "" {
			return "data centre"
		}
	}
	node, ok := s.Topology.Node(name)
	if !ok || len(node.Roles) == 0 {
		return ""
	}
	for _, r := range node.Roles {
		if r.Kind == targets.KindWeb { // the machine that has everything is a web server, too
			return string(r.Kind)
		}
	}
	return string(node.Roles[0].Kind)
}
