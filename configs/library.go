package configs

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

//go:embed stages/*.yaml parts/*.yaml workloads/*.yaml profiles/*.yaml numbers/*.yaml hardware/*.yaml
var embedded embed.FS

// Library finds configuration files by kind and name: first in a folder of
// the user's, then among the embedded ones. The zero value has only the
// embedded ones. Safe for concurrent use.
type Library struct {
	// Folder is a directory with subfolders like this package's. Empty means
	// none.
	Folder string
}

// maxFile bounds a configuration file in bytes.
const maxFile = 1 << 20

// read returns the text of a file and the name to call it by in messages.
func (l Library) read(kind, name string) (document, error) {
	file := path.Join(kind, name+".yaml")
	if l.Folder != "" {
		own := path.Join(l.Folder, file)
		switch d, err := readFile(own); {
		case err == nil:
			return d, nil
		case !errors.Is(err, fs.ErrNotExist):
			return document{}, err
		}
	}
	text, err := embedded.ReadFile(file)
	if err != nil {
		return document{}, Error{Problem: fmt.Sprintf("there is no %s %q", strings.TrimSuffix(kind, "s"), name),
			Allowed: "allowed is " + strings.Join(l.names(kind), ", ")}
	}
	return newDocument("configs/"+file, text)
}

// readFile reads a file of the user's.
func readFile(name string) (document, error) {
	info, err := os.Stat(name)
	if err != nil {
		return document{}, err
	}
	if info.IsDir() {
		return document{}, Error{File: name, Problem: "is a directory", Allowed: "a YAML file"}
	}
	if info.Size() > maxFile {
		return document{}, Error{File: name, Problem: fmt.Sprintf("has %d bytes", info.Size()),
			Allowed: fmt.Sprintf("at most %d", maxFile)}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return document{}, err
	}
	return newDocument(name, text)
}

// names lists the files of a kind, embedded and the user's.
func (l Library) names(kind string) []string {
	var names []string
	add := func(entries []fs.DirEntry) {
		for _, e := range entries {
			if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if entries, err := embedded.ReadDir(kind); err == nil {
		add(entries)
	}
	if l.Folder != "" {
		if entries, err := os.ReadDir(path.Join(l.Folder, kind)); err == nil {
			add(entries)
		}
	}
	slices.Sort(names)
	return names
}

// Stages lists the ids of all stages in the order of the ladder.
func (l Library) Stages() []string { return l.names("stages") }

// Profiles, Workloads and Hardware list what there is to choose from.
func (l Library) Profiles() []string { return l.names("profiles") }

// Workloads lists the workload files.
func (l Library) Workloads() []string { return l.names("workloads") }

// Hardware lists the hardware files.
func (l Library) Hardware() []string { return l.names("hardware") }
