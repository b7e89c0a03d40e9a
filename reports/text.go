package reports

import (
	"fmt"
	"io"
	"strings"

	"rung/bench"
)

// The widths at which the summary changes its form.
const (
	minWidth  = 30
	wideWidth = 80
)

// Option changes how a summary looks.
type Option func(*summary)

// WithColour colours verdict words with ANSI codes.
func WithColour() Option { return func(s *summary) { s.colour = true } }

// Summary writes the result of a run as plain text: the sentence, the validity
// strip, the ladder, what recoveries are made of, and every verdict that did
// not pass. Of a run without a ladder: the sentence, the strip, the thresholds,
// the targets and the errors. A width of 80 or more gives tables, below it each stage is a short
// block; lines break at width, which is in characters and at least 30. A run
// that ended early says so at the top.
func Summary(w io.Writer, run bench.Run, width int, options ...Option) error {
	run, err := Clean(run)
	if err != nil {
		return fmt.Errorf("summarise run: %w", err)
	}
	s := &summary{width: max(width, minWidth)}
	for _, o := range options {
		o(s)
	}
	s.header(run)
	s.strip(Validity(run))
	if run.Kind != bench.KindLadder {
		s.endpoint(run)
		_, err = io.WriteString(w, strings.ReplaceAll(s.b.String(), Thin, " "))
		return err
	}
	if s.width >= wideWidth {
		s.table(Ladder(run))
	} else {
		s.blocks(Ladder(run))
	}
	s.recoveries(run)
	s.problems(run)
	_, err = io.WriteString(w, strings.ReplaceAll(s.b.String(), Thin, " "))
	return err
}

// summary is a text under construction.
type summary struct {
	b      strings.Builder
	width  int
	colour bool
}

func (s *summary) line(text string) { s.b.WriteString(strings.TrimRight(text, " ") + "\n") }

// wrap writes words over as many lines as they need, the later ones indented.
// A word longer than a line is cut over lines.
func (s *summary) wrap(text, first, later string) {
	line, indent := first, first
	used := visible(first)
	empty := true
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }) {
		for {
			n := visible(word)
			room := s.width - used
			if !empty {
				room--
			}
			if n <= room {
				break
			}
			if !empty {
				s.line(line)
			} else {
				runes := []rune(word)
				s.line(line + string(runes[:max(room, 1)]))
				word = string(runes[max(room, 1):])
			}
			line, indent = later, later
			used, empty = visible(indent), true
		}
		if !empty {
			line += " "
			used++
		}
		line += word
		used += visible(word)
		empty = false
	}
	s.line(line)
}

// visible counts the characters of a text that are not colour codes.
func visible(text string) int {
	n, code := 0, false
	for _, r := range text {
		switch {
		case r == '\x1b':
			code = true
		case !code:
			n++
		case r == 'm':
			code = false
		}
	}
	return n
}

func (s *summary) header(run bench.Run) {
	s.wrap(Headline(run), "", "")
	s.wrap(fmt.Sprintf("Verdict: %s %s", Glyph(Overall(run)), Overall(run)), "", "")
	s.line("")
	if run.Kind != bench.KindLadder {
		for _, p := range EndpointFacts(run) {
			s.wrap(p.Term+": "+p.Text, "", "  ")
		}
	} else if run.Profile.Name != "" {
		s.wrap(fmt.Sprintf("Profile %s at %s, seed %d, hardware set %s.", run.Profile.Name,
			Rate(run.Profile.Rate), run.Seed, run.Hardware.Name), "", "")
	}
	s.line("")
}

// strip writes what is not beyond doubt in full, and the rest in one line.
func (s *summary) strip(items []Item) {
	s.line("Can the numbers be trusted?")
	var sound []string
	for _, i := range items {
		switch i.Word {
		case "":
		case bench.Pass:
			sound = append(sound, strings.ToLower(i.Label))
		default:
			s.wrap(fmt.Sprintf("%s: %s", i.Label, i.Value), "  "+Glyph(i.Word)+" ", "    ")
		}
	}
	if len(sound) > 0 {
		s.wrap(strings.Join(sound, ", "), "  "+Glyph(bench.Pass)+" ", "    ")
	}
	for _, i := range items {
		if i.Word == "" {
			s.wrap(fmt.Sprintf("%s: %s", i.Label, i.Value), "    ", "    ")
		}
	}
	s.line("")
}

// problems writes what went wrong or is not known, with reasons.
func (s *summary) problems(run bench.Run) {
	for _, r := range run.Stages {
		s.stageProblems(r)
	}
	for _, w := range append(append([]string(nil), run.Warnings...), run.Calibration.Warnings...) {
		s.wrap(w, "! ", "  ")
	}
}

func (s *summary) stageProblems(r bench.StageResult) {
	if r.Failed != "" {
		s.wrap(fmt.Sprintf("%s could not be finished: %s", r.Stage.ID, r.Failed), "! ", "  ")
	}
	for _, v := range r.Verdicts {
		if Word(v.Word) == bench.Pass {
			continue
		}
		s.wrap(fmt.Sprintf("%s %s: %s", r.Stage.ID, v.ID, v.Text), s.word(v.Word)+" ", "  ")
		for _, e := range Evidence(v) {
			s.wrap(e, "    ", "    ")
		}
	}
}

// word is a glyph, coloured when asked for.
func (s *summary) word(w bench.Word) string {
	return s.painted(Glyph(w), w)
}

// painted colours a text by a verdict word: blue, red-orange and grey, as in
// the page.
func (s *summary) painted(text string, w bench.Word) string {
	if !s.colour {
		return text
	}
	code := map[bench.Word]string{bench.Pass: "38;5;32", bench.Fail: "1;38;5;166"}[Word(w)]
	if code == "" {
		code = "38;5;245"
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
