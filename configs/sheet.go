package configs

import (
	"fmt"
	"strings"

	"rung/bench/sheet"
)

// Sheets lists the sheets of estimates: the embedded ones and those of the
// user's folder.
func (l Library) Sheets() []string { return l.names("sheets") }

// Sheet reads a sheet of an estimate: by its name, or by the path of a file
// (with a slash in it, or ending in .yaml). The sheet is solved once, so that
// all that is wrong with it is said with its line. The error is an Error or
// Errors.
func (l Library) Sheet(nameOrPath string) (sheet.Sheet, error) {
	var d document
	var err error
	if strings.ContainsRune(nameOrPath, '/') || strings.HasSuffix(nameOrPath, ".yaml") {
		d, err = readFile(nameOrPath)
	} else {
		d, err = l.read("sheets", nameOrPath)
	}
	if err != nil {
		return sheet.Sheet{}, err
	}
	s, err := d.sheet()
	if err != nil {
		return sheet.Sheet{}, err
	}
	if _, err := s.Solve(); err != nil {
		return sheet.Sheet{}, d.sheetErrors(err)
	}
	return s, nil
}

// plain is one value as it is written: text, a number, anything.
type plain string

func (p *plain) parse(text string) error {
	*p = plain(text)
	return nil
}

type sheetFile struct {
	Sheet       string `yaml:"sheet"`
	Title       string `yaml:"title"`
	Source      string `yaml:"source"`
	Text        string `yaml:"text"`
	Conventions struct {
		Day   plain  `yaml:"day"`
		Month plain  `yaml:"month"`
		Year  plain  `yaml:"year"`
		Bytes string `yaml:"bytes"`
	} `yaml:"conventions"`
	Inputs  raw               `yaml:"inputs"`
	Steps   []raw             `yaml:"steps"`
	Checks  []raw             `yaml:"checks"`
	Answers []sheetAnswerFile `yaml:"answers"`
	Peak    string            `yaml:"peak"`
	Reads   string            `yaml:"reads"`
	Writes  string            `yaml:"writes"`
	Storage string            `yaml:"storage"`
}

type sheetInputFile struct {
	Value  plain  `yaml:"value"`
	Note   string `yaml:"note"`
	Signed bool   `yaml:"signed"`
}

type sheetStepFile struct {
	Step   string `yaml:"step"`
	Text   string `yaml:"text"`
	Signed bool   `yaml:"signed"`
}

type sheetCheckFile struct {
	Check     string `yaml:"check"`
	Text      string `yaml:"text"`
	Tolerance plain  `yaml:"tolerance"`
}

type sheetAnswerFile struct {
	Of        string `yaml:"of"`
	Label     string `yaml:"label"`
	Unit      string `yaml:"unit"`
	Published plain  `yaml:"published"`
	Source    string `yaml:"source"`
	Tolerance plain  `yaml:"tolerance"`
	Why       string `yaml:"why"`
}

// sheet reads a document as a sheet.
func (d document) sheet() (sheet.Sheet, error) {
	var f sheetFile
	if err := d.into(&f); err != nil {
		return sheet.Sheet{}, err
	}
	if !idForm.MatchString(f.Sheet) {
		return sheet.Sheet{}, d.at("sheet", fmt.Sprintf("is %q", f.Sheet), idRule)
	}
	s := sheet.Sheet{Name: f.Sheet, Title: f.Title, Source: f.Source, Text: f.Text,
		Conventions: sheet.Conventions{Day: string(f.Conventions.Day), Month: string(f.Conventions.Month), Year: string(f.Conventions.Year), Bytes: f.Conventions.Bytes},
		Peak:        f.Peak, Reads: f.Reads, Writes: f.Writes, Storage: f.Storage}
	w := decoder{document: d}
	w.sheetInputs(f.Inputs, &s)
	for i, r := range f.Steps {
		var step sheetStepFile
		w.lineOrFields(r, &step.Step, &step, fmt.Sprintf("steps[%d]", i))
		s.Steps = append(s.Steps, sheet.Step{Line: step.Step, Text: step.Text, Signed: step.Signed})
	}
	for i, r := range f.Checks {
		var check sheetCheckFile
		w.lineOrFields(r, &check.Check, &check, fmt.Sprintf("checks[%d]", i))
		s.Checks = append(s.Checks, sheet.Check{Line: check.Check, Text: check.Text, Tolerance: string(check.Tolerance)})
	}
	for _, a := range f.Answers {
		s.Answers = append(s.Answers, sheet.Answer{Of: a.Of, Label: a.Label, Unit: a.Unit, Published: string(a.Published),
			Source: a.Source, Tolerance: string(a.Tolerance), Why: a.Why})
	}
	return s, w.errors.or()
}
