package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"rung/bench/run"
)

// progress shows the steps of a run.
type progress interface {
	step(run.Step)
	end()
}

// progress draws a bar on a terminal, and prints plain lines elsewhere.
func (a *app) progress() progress {
	if a.onTerminal() {
		return newBar(a.stderr)
	}
	return &lines{w: a.stderr, began: time.Now()}
}

// lines prints a line for each step.
type lines struct {
	w     io.Writer
	began time.Time
}

func (l *lines) step(s run.Step) {
	fmt.Fprintf(l.w, "%6.1fs  %s%s\n", time.Since(l.began).Seconds(), where(s), s.What)
}

func (l *lines) end() {}

func where(s run.Step) string {
	if s.Stage == "" {
		return ""
	}
	return fmt.Sprintf("[%d/%d] %s: ", s.Done+1, s.Stages, s.Stage)
}

// bar is one line that moves: stages done, and the present step.
type bar struct {
	container *mpb.Progress
	mu        sync.Mutex
	bar       *mpb.Bar
	now       string
}

func newBar(w io.Writer) *bar {
	return &bar{container: mpb.New(mpb.WithOutput(w), mpb.WithWidth(24), mpb.WithRefreshRate(200*time.Millisecond))}
}

func (b *bar) step(s run.Step) {
	b.mu.Lock()
	b.now = where(s) + s.What
	b.mu.Unlock()
	if b.bar == nil {
		b.bar = b.container.AddBar(int64(max(s.Stages, 1)), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Elapsed(decor.ET_STYLE_MMSS, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return b.text() })))
	}
	b.bar.SetCurrent(int64(s.Done))
}

func (b *bar) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bar) end() {
	if b.bar != nil {
		b.bar.Abort(true)
	}
	b.container.Wait()
}
