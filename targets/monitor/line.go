package monitor

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"time"
	"unicode/utf8"
)

// line is what the monitor knows of a log line.
type line struct {
	Time      string `json:"time"`
	Level     string `json:"level"`
	Message   string `json:"msg"`
	Node      string `json:"node"`
	Role      string `json:"role"`
	Trace     string `json:"trace_id"`
	Request   string `json:"request_id"`
	Operation string `json:"operation"`
	Status    int    `json:"status"`
	User      int64  `json:"user"`
}

var errLine = errors.New("not a JSON object in UTF-8")

// parseLine reads one line. A field of another type than it should have is as
// good as missing: the line is still worth keeping.
func parseLine(text []byte) (line, error) {
	var l line
	if len(text) == 0 || text[0] != '{' || !utf8.Valid(text) {
		return line{}, errLine
	}
	var other *json.UnmarshalTypeError
	if err := json.Unmarshal(text, &l); err != nil && !errors.As(err, &other) {
		return line{}, errLine
	}
	return l, nil
}

// at is the line's own time, or else that of its arrival.
func (l *line) at(arrival time.Time) time.Time {
	t, err := time.Parse(time.RFC3339Nano, l.Time)
	if err != nil || !countable(t) {
		return arrival
	}
	return t
}

// The years whose nanoseconds since 1970 surely fit into 64 bits.
const (
	firstYear = 1970
	lastYear  = 2200
)

func countable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= firstYear && year <= lastYear
}

// trace is the line's trace id, all zero when it has none.
func (l *line) trace() [16]byte {
	id, err := traceID(l.Trace)
	if err != nil {
		return [16]byte{}
	}
	return id
}

// traceID reads 32 hexadecimal digits.
func traceID(s string) (id [16]byte, err error) {
	if len(s) != 2*len(id) {
		return id, errors.New("a trace id is 32 hexadecimal digits, not all zero")
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil || id == [16]byte{} {
		return [16]byte{}, errors.New("a trace id is 32 hexadecimal digits, not all zero")
	}
	return id, nil
}

// severity is the line's level. A line without one is as good as INFO.
func (l *line) severity() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) != nil {
		return slog.LevelInfo
	}
	return level
}

// levelName is the named level that a level belongs to: "INFO" for INFO+2.
func levelName(level slog.Level) string {
	switch {
	case level < slog.LevelInfo:
		return "DEBUG"
	case level < slog.LevelWarn:
		return "INFO"
	case level < slog.LevelError:
		return "WARN"
	}
	return "ERROR"
}

// withNode puts a node's name into a line that has none.
func withNode(text []byte, node string) []byte {
	name, err := json.Marshal(node)
	if err != nil {
		return text // a string always has a form in JSON
	}
	out := make([]byte, 0, len(text)+len(name)+len(`"node":,`))
	out = append(append(out, `{"node":`...), name...)
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	if rest[0] != '}' { // it is there: the line is an object
		out = append(out, ',')
	}
	return append(out, rest...)
}
