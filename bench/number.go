package bench

// Number is one row of a latency-number set.
type Number struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	// Value in nanoseconds; a cache reference takes half of one.
	Value  float64 `json:"value_ns"`
	Source string  `json:"source"`
	Year   int     `json:"year"`
	// Use says what the row stands for in the emulation.
	Use string `json:"use,omitempty"`

	// Date of the figure, "2012" or "2026-03-08", where more than a year is
	// known.
	Date string `json:"date,omitempty"`
	// Low and High bound a published range in nanoseconds; zero without one.
	Low  float64 `json:"low_ns,omitempty"`
	High float64 `json:"high_ns,omitempty"`
	// Bytes that the operation moves; zero where that is not the point.
	Bytes int64 `json:"bytes,omitempty"`
	// Pattern of access: "dependent", "independent", "sequential"; empty where
	// nothing is accessed in an order.
	Pattern string `json:"pattern,omitempty"`
	// Durability of a write: "none", "fdatasync", "fsync"; empty for others.
	Durability string `json:"durability,omitempty"`
	// Quantile that Value is: "mean", "p50", "p95"; empty when not stated.
	Quantile string `json:"quantile,omitempty"`
	// Status: "published", "extrapolated" or "measured". Empty is published.
	Status string `json:"status,omitempty"`
	// P50 and P99 of a measured row in nanoseconds, over Samples, each of
	// which may be the mean of a batch.
	P50     float64 `json:"p50_ns,omitempty"`
	P99     float64 `json:"p99_ns,omitempty"`
	Samples int     `json:"samples,omitempty"`
	// Flags say where a measured figure is not what it seems.
	Flags []string `json:"flags,omitempty"`
}

// NumberSet is a named list of latency numbers. Sets are never mixed: the same
// row differs by up to four times between them.
type NumberSet struct {
	Name   string   `json:"name"`
	Source string   `json:"source"`
	Year   int      `json:"year,omitempty"`
	Date   string   `json:"date,omitempty"`
	Rows   []Number `json:"rows"`
	// Host that a measured set is of; nil for published ones.
	Host *Host `json:"host,omitempty"`
	// Notes on how it was measured: governor, clock source, filesystem.
	Notes []string `json:"notes,omitempty"`
}

// Row returns the row of an id.
func (s NumberSet) Row(id string) (Number, bool) {
	for _, r := range s.Rows {
		if r.ID == id {
			return r, true
		}
	}
	return Number{}, false
}
