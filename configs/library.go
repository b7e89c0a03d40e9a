package configs

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:embed stages/*.yaml parts/*.yaml workloads/*.yaml profiles/*.yaml numbers/*.yaml hardware/*.yaml sheets/*.yaml
var embedded embed.FS

// Library finds configuration files by kind and name: first in a folder of
// the user's, then among the embedded ones. The zero value has only the
// embedded ones. Safe for concurrent use.
type Library struct {
	// Folder is a directory with subfolders like this package's. Empty means
	// none.
	Folder string
}

// kinds are the subfolders, with the field that repeats a file's name and the
// word for one file.
var kinds = map[string]struct{ field, noun string }{
	"stages":    {"stage", "stage"},
	"workloads": {"workload", "workload"},
	"profiles":  {"profile", "profile"},
	"hardware":  {"hardware", "hardware"},
	"parts":     {"", "part"},
	"numbers":   {"set", "set of latency numbers"},
	"sheets":    {"sheet", "sheet"},
}

// idForm is the form of the names of files, stages and claims, which become
// names of folders and of facts.
var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

const idRule = "a-z 0-9 and -, at most 64"

// read finds a file.
func (l Library) read(kind, name string) (document, error) {
	missing := Error{Problem: fmt.Sprintf("there is no %s %q", kinds[kind].noun, name),
		Allowed: "allowed is " + strings.Join(l.names(kind), ", ")}
	if !idForm.MatchString(name) {
		return document{}, missing
	}
	if l.Folder != "" {
		d, err := readFile(filepath.Join(l.Folder, kind, name+".yaml"))
		if !errors.Is(err, fs.ErrNotExist) {
			return d.named(kind, name, err)
		}
	}
	file := path.Join(kind, name+".yaml")
	text, err := embedded.ReadFile(file)
	if err != nil {
		return document{}, missing
	}
	d, err := newDocument("configs/"+file, text)
	return d.named(kind, name, err)
}

// named makes sure that a file calls itself by its own name, by which others
// refer to it.
func (d document) named(kind, name string, err error) (document, error) {
	field := kinds[kind].field
	if err != nil || field == "" {
		return d, err
	}
	if value, _ := child(d.root, field); value != nil && value.Value != name {
		return d, d.at(field, fmt.Sprintf("is %q, but the file is called %s.yaml", value.Value, name), "one name for both")
	}
	return d, nil
}

// readFile reads a file of the user's. The error of a file that is not there
// is fs.ErrNotExist too.
func readFile(name string) (document, error) {
	f, err := os.Open(name)
	if err != nil {
		return document{}, fileError(name, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return document{}, Error{File: name, Problem: "is a folder", Allowed: "a YAML file"}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1)) // one more tells that it is too large
	if err != nil {
		return document{}, fileError(name, err)
	}
	return newDocument(name, text)
}

func fileError(name string, err error) error {
	e := Error{File: name, Problem: "cannot be read: " + err.Error(), cause: err}
	var at *fs.PathError
	if errors.As(err, &at) {
		e.Problem = "cannot be read: " + at.Err.Error()
	}
	return e
}

// names lists the files of a kind, embedded and the user's.
func (l Library) names(kind string) []string {
	var names []string
	add := func(entries []fs.DirEntry) {
		for _, e := range entries {
			name, ok := strings.CutSuffix(e.Name(), ".yaml")
			if ok && !e.IsDir() && idForm.MatchString(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if entries, err := embedded.ReadDir(kind); err == nil {
		add(entries)
	}
	if l.Folder != "" {
		// A folder without this kind is fine.
		if entries, err := os.ReadDir(filepath.Join(l.Folder, kind)); err == nil {
			add(entries)
		}
	}
	slices.Sort(names)
	return names
}

// Stages lists the ids of all stages in the order of the ladder.
func (l Library) Stages() []string { return l.names("stages") }

// Profiles lists the profile files.
func (l Library) Profiles() []string { return l.names("profiles") }

// Workloads lists the workload files.
func (l Library) Workloads() []string { return l.names("workloads") }

// Hardware lists the hardware files.
func (l Library) Hardware() []string { return l.names("hardware") }
