package endpoint

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rung/bench"
	"rung/bench/plan"
)

// maxPlan is the longest text of a plan.
const maxPlan = 2000

// planForms says what ParsePlan takes.
const planForms = "1000/s, poisson:1000, ramp:100..1000, steps:100,200,400, sine:MEAN,AMPLITUDE,PERIOD or spikes:BASE,PEAK,EVERY,LENGTH"

// ParsePlan reads when requests are due, over a duration:
//
//	1000  1000/s  6000/m    evenly spaced
//	poisson:1000            independent arrivals, by the seed
//	ramp:100..1000          in a straight line from one rate to another
//	steps:100,200,400       equal spans of constant rate
//	sine:500,200,10s        mean, amplitude and period
//	spikes:100,1000,10s,1s  base, peak, period and length of a spike
//
// Rates are per second, or with /s, /m or /h.
func ParsePlan(text string, d time.Duration, seed uint64) (bench.Plan, error) {
	if len(text) > maxPlan {
		return nil, fmt.Errorf("%w: plan of %d characters: allowed are up to %d", ErrConfig, len(text), maxPlan)
	}
	p, err := parsePlan(strings.TrimSpace(text), d, seed)
	if err != nil {
		return nil, fmt.Errorf("%w: rate %.100q: %w", ErrConfig, text, err)
	}
	return p, nil
}

func parsePlan(text string, d time.Duration, seed uint64) (bench.Plan, error) {
	kind, rest, ok := strings.Cut(text, ":")
	if !ok {
		rate, err := parseRate(text)
		if err != nil {
			return nil, fmt.Errorf("%w: want %s", err, planForms)
		}
		return plan.Constant(rate, d)
	}
	switch strings.TrimSpace(kind) {
	case "constant":
		rate, err := parseRate(rest)
		if err != nil {
			return nil, err
		}
		return plan.Constant(rate, d)
	case "poisson":
		rate, err := parseRate(rest)
		if err != nil {
			return nil, err
		}
		return plan.Poisson(rate, d, seed)
	case "ramp":
		from, to, ok := strings.Cut(rest, "..")
		if !ok {
			return nil, fmt.Errorf("want ramp:FROM..TO")
		}
		rates, err := parseRates([]string{from, to})
		if err != nil {
			return nil, err
		}
		return plan.Ramp(rates[0], rates[1], d)
	case "steps":
		return parseSteps(strings.Split(rest, ","), d)
	case "sine":
		return parseSine(strings.Split(rest, ","), d)
	case "spikes":
		return parseSpikes(strings.Split(rest, ","), d)
	}
	return nil, fmt.Errorf("%.20q is no kind of plan: want %s", kind, planForms)
}

func parseSteps(fields []string, d time.Duration) (bench.Plan, error) {
	rates, err := parseRates(fields)
	if err != nil {
		return nil, err
	}
	steps := make([]plan.Step, len(rates))
	var begun time.Duration
	for i, rate := range rates {
		end := time.Duration(float64(d) * float64(i+1) / float64(len(rates)))
		if i == len(rates)-1 {
			end = d
		}
		steps[i] = plan.Step{Rate: rate, Duration: end - begun}
		begun = end
	}
	return plan.Steps(steps)
}

func parseSine(fields []string, d time.Duration) (bench.Plan, error) {
	if len(fields) != 3 {
		return nil, fmt.Errorf("want sine:MEAN,AMPLITUDE,PERIOD, such as sine:500,200,10s")
	}
	rates, err := parseRates(fields[:2])
	if err != nil {
		return nil, err
	}
	period, err := parseDuration(fields[2])
	if err != nil {
		return nil, fmt.Errorf("period: %w", err)
	}
	return plan.Sine(rates[0], rates[1], period, d)
}

func parseSpikes(fields []string, d time.Duration) (bench.Plan, error) {
	if len(fields) != 4 {
		return nil, fmt.Errorf("want spikes:BASE,PEAK,EVERY,LENGTH, such as spikes:100,1000,10s,1s")
	}
	rates, err := parseRates(fields[:2])
	if err != nil {
		return nil, err
	}
	every, err := parseDuration(fields[2])
	if err != nil {
		return nil, fmt.Errorf("every: %w", err)
	}
	length, err := parseDuration(fields[3])
	if err != nil {
		return nil, fmt.Errorf("length: %w", err)
	}
	return plan.Spikes(rates[0], rates[1], every, length, d)
}

func parseRates(fields []string) ([]float64, error) {
	rates := make([]float64, len(fields))
	for i, f := range fields {
		var err error
		if rates[i], err = parseRate(f); err != nil {
			return nil, err
		}
	}
	return rates, nil
}

// parseRate reads requests per second: "1000", "1000/s", "6000/m", "36000/h".
func parseRate(text string) (float64, error) {
	number, unit, ok := strings.Cut(strings.TrimSpace(text), "/")
	per := map[string]float64{"s": 1, "1s": 1, "m": 60, "1m": 60, "h": 3600, "1h": 3600}[strings.TrimSpace(unit)]
	if ok && per == 0 {
		return 0, fmt.Errorf("%.40q: want a rate per /s, /m or /h", text)
	}
	rate, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(rate >= 0 && rate <= plan.MaxRate) {
		return 0, fmt.Errorf("%.40q is not a rate: want a number from 0 to %v, per second or with /s, /m or /h", text, float64(plan.MaxRate))
	}
	return rate / max(per, 1), nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a duration such as 10s or 1m30s", text)
	}
	return d, nil
}
