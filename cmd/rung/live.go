package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"rung/bench/endpoint"
	"rung/reports"
)

// live shows how an attack stands.
type live interface {
	show(endpoint.Progress)
	end()
}

func (a *app) liveProgress() live {
	if a.onTerminal() {
		return &liveBar{w: a.stderr}
	}
	return &liveLines{w: a.stderr}
}

// liveLines prints a line when a phase begins, and every few seconds.
type liveLines struct {
	w     io.Writer
	phase string
	told  time.Time
}

// lineEvery is the time between two lines of one phase.
const lineEvery = 5 * time.Second

func (l *liveLines) show(p endpoint.Progress) {
	if p.Phase == l.phase && time.Since(l.told) < lineEvery {
		return
	}
	l.phase, l.told = p.Phase, time.Now()
	fmt.Fprintln(l.w, standing(p))
}

func (l *liveLines) end() {}

// standing is one line of at most some 80 characters.
func standing(p endpoint.Progress) string {
	parts := []string{p.Phase}
	if p.Length > 0 {
		parts[0] += fmt.Sprintf(" %.0fs/%.0fs", p.Elapsed.Seconds(), p.Length.Seconds())
	}
	if p.Planned > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d sent", p.Sent, p.Planned))
	}
	if p.P50 != nil && p.P99 != nil {
		parts = append(parts, fmt.Sprintf("p50 %s, p99 %s", reports.Duration(*p.P50), reports.Duration(*p.P99)))
	}
	if p.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", p.Failed))
	}
	if p.Late > 0 {
		parts = append(parts, fmt.Sprintf("%d late", p.Late))
	}
	return strings.Join(parts, ", ")
}

// liveBar draws a bar for each phase.
type liveBar struct {
	w         io.Writer
	container *mpb.Progress
	mu        sync.Mutex
	bar       *mpb.Bar
	phase     string
	now       string
}

func (l *liveBar) show(p endpoint.Progress) {
	l.mu.Lock()
	l.now = standing(p)
	l.mu.Unlock()
	if l.container == nil {
		l.container = mpb.New(mpb.WithOutput(l.w), mpb.WithWidth(16), mpb.WithRefreshRate(200*time.Millisecond))
	}
	if l.bar == nil || p.Phase != l.phase {
		if l.bar != nil {
			l.bar.Abort(true)
		}
		l.phase = p.Phase
		l.bar = l.container.AddBar(max(int64(p.Length), 1), mpb.BarRemoveOnComplete(),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return l.text() })))
	}
	l.bar.SetCurrent(min(int64(p.Elapsed), max(int64(p.Length)-1, 0)))
}

func (l *liveBar) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *liveBar) end() {
	if l.container == nil {
		return
	}
	if l.bar != nil {
		l.bar.Abort(true)
	}
	l.container.Wait()
}
