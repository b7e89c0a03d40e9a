package configs

import (
	"fmt"
	"slices"
	"time"

	"rung/bench"
)

// Bounds of a row of latency numbers.
const (
	maxNumber      = 24 * time.Hour
	maxNumberBytes = 1 << 50
	maxSamples     = 1_000_000_000
	firstYear      = 1970
	lastYear       = 2100
)

// What the words of a row may be. Empty is not stated.
var (
	numberPatterns     = []string{"dependent", "independent", "sequential"}
	numberDurabilities = []string{"none", "fdatasync", "fsync"}
	numberQuantiles    = []string{"mean", "min", "p50", "p90", "p95", "p99"}
	numberStatuses     = []string{"published", "extrapolated", "measured"}
)

// numberFile is one row.
type numberFile struct {
	ID         string   `yaml:"id"`
	Label      string   `yaml:"label"`
	Value      nanos    `yaml:"value"`
	Low        nanos    `yaml:"low"`
	High       nanos    `yaml:"high"`
	Bytes      int64    `yaml:"bytes"`
	Pattern    string   `yaml:"pattern"`
	Durability string   `yaml:"durability"`
	Quantile   string   `yaml:"quantile"`
	Status     string   `yaml:"status"`
	P50        nanos    `yaml:"p50"`
	P99        nanos    `yaml:"p99"`
	Samples    int      `yaml:"samples"`
	Source     string   `yaml:"source"`
	Year       int      `yaml:"year"`
	Date       string   `yaml:"date"`
	Flags      []string `yaml:"flags"`
}

// number makes a row of what the file says, without what the set gives it.
func (f numberFile) number() bench.Number {
	return bench.Number{
		ID: f.ID, Label: f.Label, Value: float64(f.Value), Source: f.Source, Year: f.Year, Date: f.Date,
		Low: float64(f.Low), High: float64(f.High), Bytes: f.Bytes,
		Pattern: f.Pattern, Durability: f.Durability, Quantile: f.Quantile, Status: f.Status,
		P50: float64(f.P50), P99: float64(f.P99), Samples: f.Samples, Flags: given(f.Flags),
	}
}

// slipFunc notes one mistake in a field of a row.
type slipFunc func(field, problem, allowed string)

// check notes what is wrong with a row, beside an id that is there twice.
func (f numberFile) check(slip slipFunc) {
	f.checkTimes(slip)
	for _, w := range []struct {
		field, value string
		allowed      []string
	}{
		{"pattern", f.Pattern, numberPatterns}, {"durability", f.Durability, numberDurabilities},
		{"quantile", f.Quantile, numberQuantiles}, {"status", f.Status, numberStatuses},
	} {
		if w.value != "" && !slices.Contains(w.allowed, w.value) {
			slip(w.field, fmt.Sprintf("is %q", w.value), list(w.allowed))
		}
	}
	if f.Bytes < 0 || f.Bytes > maxNumberBytes {
		slip("bytes", fmt.Sprintf("is %d", f.Bytes), fmt.Sprintf("0 to %d", int64(maxNumberBytes)))
	}
	if f.Samples < 0 || f.Samples > maxSamples {
		slip("samples", fmt.Sprintf("is %d", f.Samples), fmt.Sprintf("0 to %d", maxSamples))
	}
	checkDate(f.Date, f.Year, slip)
}

func (f numberFile) checkTimes(slip slipFunc) {
	if f.Value <= 0 || float64(f.Value) > float64(maxNumber) {
		slip("value", fmt.Sprintf("is %.4g ns", float64(f.Value)), fmt.Sprintf("more than 0, at most %v", maxNumber))
		return
	}
	for _, t := range []struct {
		field string
		value nanos
	}{{"low", f.Low}, {"high", f.High}, {"p50", f.P50}, {"p99", f.P99}} {
		if float64(t.value) > float64(maxNumber) {
			slip(t.field, fmt.Sprintf("is %.4g ns", float64(t.value)), fmt.Sprintf("at most %v", maxNumber))
		}
	}
	switch {
	case (f.Low == 0) != (f.High == 0):
		slip("low", "is one end of a range", "low and high together, both more than 0")
	case f.Low != 0 && (f.Value < f.Low || f.Value > f.High):
		slip("value", fmt.Sprintf("is %.4g ns, outside its own range", float64(f.Value)),
			fmt.Sprintf("%.4g ns to %.4g ns", float64(f.Low), float64(f.High)))
	}
	switch {
	case f.P99 != 0 && f.P50 == 0:
		slip("p99", "has no p50 beside it", "p50, or both")
	case f.P99 != 0 && f.P99 < f.P50:
		slip("p99", fmt.Sprintf("is %.4g ns, below p50", float64(f.P99)), fmt.Sprintf("at least %.4g ns", float64(f.P50)))
	}
}

// dateForms are how a date is written, from a year to a day.
var dateForms = []string{"2006", "2006-01", "2006-01-02"}

// checkDate notes a date that is none, or that is of another year.
func checkDate(date string, year int, slip slipFunc) {
	if year != 0 && (year < firstYear || year > lastYear) {
		slip("year", fmt.Sprintf("is %d", year), fmt.Sprintf("%d to %d", firstYear, lastYear))
		return
	}
	if date == "" {
		return
	}
	switch got := yearOf(date); {
	case got < firstYear || got > lastYear:
		slip("date", fmt.Sprintf("is %q", date), fmt.Sprintf("a day, a month or a year in quotes, like 2026-03-08, from %d to %d", firstYear, lastYear))
	case year != 0 && year != got:
		slip("date", fmt.Sprintf("is %q, but the year is %d", date, year), "one year for both")
	}
}

// yearOf returns the year of a date, or 0 when it is none.
func yearOf(date string) int {
	for _, form := range dateForms {
		if t, err := time.Parse(form, date); err == nil {
			return t.Year()
		}
	}
	return 0
}
