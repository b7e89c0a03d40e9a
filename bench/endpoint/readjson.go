package endpoint

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// jsonTarget is vegeta's JSON form of a target, with a name and a weight of
// our own.
type jsonTarget struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"` // base64
	Name   string      `json:"name"`
	Weight *float64    `json:"weight"`
}

// ReadJSON reads targets in vegeta's JSON format, one object to a line:
//
//	{"method": "POST", "url": "http://127.0.0.1:8080/", "header": {"Accept": ["text/plain"]}, "body": "Rk9P"}
//
// The body is base64. Besides, "weight" is the share of the requests (1 when
// it is missing, above 0) and "name" that of the operation. Fields that are
// not known are errors, which name the line.
func ReadJSON(r io.Reader) ([]Target, error) {
	lines := bufio.NewScanner(io.LimitReader(r, maxFile+1))
	lines.Buffer(nil, maxLine)
	var targets []Target
	line, read, held := 0, 0, 0
	for lines.Scan() {
		line++
		if read += len(lines.Bytes()) + 1; read > maxFile {
			return nil, fmt.Errorf("targets: the file is larger than %d bytes", maxFile)
		}
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		t, err := parseTarget(text)
		if err == nil && len(targets) >= MaxTargets {
			err = fmt.Errorf("too many targets: allowed are up to %d", MaxTargets)
		}
		if held += len(t.Body); err == nil && held > MaxBodies {
			err = fmt.Errorf("the bodies are larger than %d bytes", MaxBodies)
		}
		if err != nil {
			return nil, fmt.Errorf("targets: line %d: %w", line, err)
		}
		targets = append(targets, t)
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, fmt.Errorf("targets: line %d is longer than %d bytes", line+1, maxLine)
		}
		return nil, fmt.Errorf("targets: %w", err)
	}
	if len(targets) == 0 {
		return nil, errors.New(`targets: there are none: want lines such as {"method": "GET", "url": "http://127.0.0.1:8080/"}`)
	}
	return targets, nil
}

func parseTarget(text []byte) (Target, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var j jsonTarget
	if err := d.Decode(&j); err != nil {
		return Target{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Target{}, errors.New("more than one value: want one object to a line")
	}
	switch {
	case j.Method == "":
		return Target{}, errors.New(`"method" is missing`)
	case j.URL == "":
		return Target{}, errors.New(`"url" is missing`)
	case j.Weight != nil && *j.Weight <= 0:
		return Target{}, fmt.Errorf("weight %v: it must be above 0", *j.Weight)
	}
	t := Target{Name: j.Name, Method: j.Method, URL: j.URL, Header: j.Header, Body: j.Body, Weight: 1}
	if j.Weight != nil {
		t.Weight = *j.Weight
	}
	if _, err := t.check(); err != nil {
		return Target{}, err
	}
	return t, nil
}
