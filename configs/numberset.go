package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rung/bench"
)

// Bounds of a set of latency numbers.
const (
	maxNumbers = 200 // rows
	maxNotes   = 50  // of a set, and flags of a row
)

// numberID is the form of the name of a row.
var numberID = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,63}$`)

type numbersFile struct {
	Set    string       `yaml:"set"`
	Year   int          `yaml:"year"`
	Date   string       `yaml:"date"`
	Source string       `yaml:"source"`
	Host   *hostFile    `yaml:"host"`
	Notes  []string     `yaml:"notes"`
	Rows   []numberFile `yaml:"rows"`
}

// hostFile is the machine that a measured set is of.
type hostFile struct {
	OS     string `yaml:"os"`
	Arch   string `yaml:"arch"`
	CPUs   int    `yaml:"cpus"`
	Memory int64  `yaml:"memory_bytes"`
	Kernel string `yaml:"kernel"`
	CPU    string `yaml:"cpu"`
	Go     string `yaml:"go"`
	Commit string `yaml:"commit"`
}

// NumberSets lists the sets of latency numbers: the embedded ones and those
// of the user's folder.
func (l Library) NumberSets() []string { return l.names("numbers") }

// Numbers reads a set of latency numbers: by its name, or by the path of a
// file (with a slash in it, or ending in .yaml), such as one that
// EncodeNumbers made. The error is an Error or Errors.
func (l Library) Numbers(name string) (bench.NumberSet, error) {
	var d document
	var err error
	if strings.ContainsRune(name, '/') || strings.HasSuffix(name, ".yaml") {
		d, err = readFile(name)
	} else {
		d, err = l.read("numbers", name)
	}
	if err != nil {
		return bench.NumberSet{}, err
	}
	return d.numbers()
}

// numbers reads a document as a set.
func (d document) numbers() (bench.NumberSet, error) {
	var f numbersFile
	if err := d.into(&f); err != nil {
		return bench.NumberSet{}, err
	}
	if err := d.checkNumbers(f); err != nil {
		return bench.NumberSet{}, err
	}
	set := bench.NumberSet{Name: f.Set, Source: f.Source, Year: f.Year, Date: f.Date, Notes: given(f.Notes)}
	if f.Host != nil {
		h := bench.Host(*f.Host)
		set.Host = &h
	}
	if set.Year == 0 {
		set.Year = yearOf(set.Date)
	}
	for _, r := range f.Rows {
		set.Rows = append(set.Rows, inherit(r.number(), set))
	}
	return set, nil
}

// given is a list, or nothing when the list is there but empty.
func given(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// inherit gives a row its set's source, and its set's time when it has none
// of its own.
func inherit(n bench.Number, set bench.NumberSet) bench.Number {
	if n.Source == "" {
		n.Source = set.Source
	}
	switch {
	case n.Year == 0 && n.Date == "":
		n.Year, n.Date = set.Year, set.Date
	case n.Year == 0:
		n.Year = yearOf(n.Date)
	}
	return n
}

func (d document) checkNumbers(f numbersFile) error {
	var es Errors
	slip := func(field, problem, allowed string) {
		if len(es) < maxErrors {
			es = append(es, d.at(field, problem, allowed))
		}
	}
	if !idForm.MatchString(f.Set) {
		slip("set", fmt.Sprintf("%q is not a name", f.Set), idRule)
	}
	checkDate(f.Date, f.Year, slip)
	if len(f.Rows) == 0 || len(f.Rows) > maxNumbers {
		slip("rows", fmt.Sprintf("are %d", len(f.Rows)), fmt.Sprintf("1 to %d", maxNumbers))
		return es
	}
	if len(f.Notes) > maxNotes {
		slip("notes", fmt.Sprintf("are %d", len(f.Notes)), fmt.Sprintf("at most %d", maxNotes))
	}
	if h := f.Host; h != nil && (h.CPUs < 0 || h.Memory < 0) {
		slip("host", fmt.Sprintf("has %d CPUs and %d bytes of memory", h.CPUs, h.Memory), "0 (unknown) or more")
	}
	var seen []string
	for i, r := range f.Rows {
		at := fmt.Sprintf("rows[%d]", i)
		switch {
		case r.ID == "" || slices.Contains(seen, r.ID):
			slip(at+".id", fmt.Sprintf("%q is missing or there twice", r.ID), "one row for each id")
		case !numberID.MatchString(r.ID):
			slip(at+".id", fmt.Sprintf("%q is not an id", r.ID), "a-z 0-9 and _, at most 64")
		}
		seen = append(seen, r.ID)
		if len(r.Flags) > maxNotes {
			slip(at+".flags", fmt.Sprintf("are %d", len(r.Flags)), fmt.Sprintf("at most %d", maxNotes))
		}
		r.check(func(field, problem, allowed string) { slip(join(at, field), problem, allowed) })
	}
	return es.or()
}
