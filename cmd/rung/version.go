package main

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// version is the program's own version and commit, as the build knows them.
func version() (tool, commit string) {
	tool = "rung"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return tool, ""
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		tool += " " + v
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			commit += "+changes"
		}
	}
	return tool, commit
}

// versionLine is what --version prints.
func versionLine() string {
	tool, commit := version()
	line := strings.TrimSpace(strings.TrimPrefix(tool, "rung"))
	if line == "" {
		line = "(devel)"
	}
	if commit != "" {
		line += ", commit " + commit
	}
	return line + ", " + runtime.Version()
}
