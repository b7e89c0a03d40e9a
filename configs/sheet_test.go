package configs_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rung/bench/sheet"
	"rung/configs"
)

func solved(t *testing.T, name string) sheet.Result {
	t.Helper()
	s, err := configs.Library{}.Sheet(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Solve()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// worked returns a step in one of its units.
func worked(t *testing.T, r sheet.Result, step, unit string) sheet.Quantity {
	t.Helper()
	for _, w := range r.Steps {
		for _, q := range w.Results {
			if w.Name == step && q.Unit == unit {
				return q
			}
		}
	}
	t.Fatalf("%s has no step %s in %q", r.Sheet, step, unit)
	return sheet.Quantity{}
}

// The worked examples E1 to E21: exact values to all digits given.
var exactAnswers = []struct {
	sheet, step, unit string
	want              float64
	text              string
}{
	{"twitter", "dau", "users", 150e6, "150 M users"},
	{"twitter", "queries", "queries/s", 300e6 / 86400., "3,472 queries/s"},
	{"twitter", "peak_queries", "queries/s", 600e6 / 86400., "6,944 queries/s"},
	{"twitter", "media_rate", "TB/day", 30, "30 TB/day"},
	{"twitter", "media_storage", "PB", 54.75, "54.75 PB"},
	{"url-shortener", "writes", "writes/s", 1e8 / 86400., "1,157 writes/s"},
	{"url-shortener", "reads", "reads/s", 1e9 / 86400., "11,574 reads/s"},
	{"url-shortener", "urls", "urls", 3.65e11, "365 bn urls"},
	{"url-shortener", "stored", "TB", 36.5, "36.5 TB"},
	{"url-shortener", "too_few", "urls", 56_800_235_584, "56,800,235,584 urls"},
	{"url-shortener", "enough", "urls", 3_521_614_606_208, "3,521,614,606,208 urls"},
	{"url-shortener", "key", "", 7, "7"},
	{"web-crawler", "pages", "pages/s", 1e9 / 2.592e6, "385.8 pages/s"},
	{"web-crawler", "peak_pages", "pages/s", 2e9 / 2.592e6, "771.6 pages/s"},
	{"web-crawler", "growth", "TB/month", 500, "500 TB/month"},
	{"web-crawler", "stored", "PB", 30, "30 PB"},
	{"autocomplete", "queries", "queries/s", 2e9 / 86400., "23,148 queries/s"},
	{"autocomplete", "peak_queries", "queries/s", 4e9 / 86400., "46,296 queries/s"},
	{"autocomplete", "growth", "GB/day", 0.4, "0.4 GB/day"},
	{"drive", "allocated", "PB", 500, "500 PB"},
	{"drive", "upload_rate", "uploads/s", 2e7 / 86400., "231.5 uploads/s"},
	{"drive", "peak_uploads", "uploads/s", 4e7 / 86400., "463 uploads/s"},
	{"proximity", "queries", "queries/s", 5000, "5,000 queries/s"},
	{"ad-clicks", "clicks", "clicks/s", 10_000, "10,000 clicks/s"},
	{"ad-clicks", "peak_clicks", "clicks/s", 50_000, "50,000 clicks/s"},
	{"ad-clicks", "growth", "GB/day", 100, "100 GB/day"},
	{"ad-clicks", "growth", "TB/month", 3, "3 TB/month"},
	{"hotels", "reservations", "reservations/day", 700_000. / 3, "233,333 reservations/day"},
	{"hotels", "reservations", "reservations/s", 7. / 3, "2.333 reservations/s"},
	{"hotels", "detail_views", "queries/s", 700. / 3, "233.3 queries/s"},
	{"object-store", "mean_size", "MB/object", 59.3, "59.3 MB/object"},
	{"object-store", "objects", "objects", 40e9 / 59.3, "674.5 M objects"},
	{"object-store", "metadata_size", "TB", 40 / 59.3, "0.6745 TB"},
	{"wallet", "slow_nodes", "nodes", 2000, "2,000 nodes"},
	{"wallet", "fast_nodes", "nodes", 200, "200 nodes"},
	{"primer-twitter", "tweets", "tweets/s", 6000, "6,000 tweets/s"},
	{"primer-twitter", "reads", "reads/s", 100_000, "100,000 reads/s"},
	{"primer-twitter", "deliveries", "deliveries/s", 60_000, "60,000 deliveries/s"},
	{"primer-twitter", "searches", "searches/s", 4000, "4,000 searches/s"},
	{"primer-twitter", "growth", "TB/month", 150, "150 TB/month"},
	{"primer-twitter", "stored", "PB", 5.4, "5.4 PB"},
	{"primer-crawler", "growth", "PB/month", 2, "2 PB/month"},
	{"primer-crawler", "stored", "PB", 72, "72 PB"},
	{"primer-crawler", "writes", "pages/s", 1600, "1,600 pages/s"},
	{"primer-crawler", "searches", "searches/s", 40_000, "40,000 searches/s"},
	{"primer-mint", "growth", "GB/month", 250, "250 GB/month"},
	{"primer-mint", "stored", "TB", 9, "9 TB"},
	{"primer-mint", "writes", "transactions/s", 2000, "2,000 transactions/s"},
	{"primer-mint", "reads", "reads/s", 200, "200 reads/s"},
	{"thumbnails", "serial", "ms", 556, "556 ms"},
	{"thumbnails", "parallel_read", "ms", 10 + 256./30, "18.53 ms"},
	{"napkin-logs", "logs", "TB/day", 9, "9 TB/day"},
	{"napkin-logs", "bill", "$/month", 2700, "$2,700/month"},
	{"availability", "two_in_series", "", 0.998001, "0.998001"},
	{"availability", "two_side_by_side", "", 0.999999, "0.999999"},
	{"availability", "ten_in_series", "", math.Pow(0.9999, 10), "0.9990004"},
	{"availability", "two_of_three", "", 0.999702, "0.999702"},
	{"availability", "three_of_five", "", 0.9999901494, "0.999990149"},
	{"availability", "redundant_site", "", 0.99979901, "0.999799"},
	{"availability", "single_site", "", 0.98901, "0.98901"},
	{"availability", "repaired", "", 720 / 720.5, "0.999306"},
	{"availability", "down_2", "days", 3.6525, "3.653 days"},
	{"availability", "down_3", "h", 8.766, "8.766 h"},
	{"availability", "down_4", "min", 52.596, "52.6 min"},
	{"availability", "down_5", "min", 5.2596, "5.26 min"},
	{"availability", "down_6", "s", 31.5576, "31.56 s"},
}

func TestExactAnswers(t *testing.T) {
	for _, row := range exactAnswers {
		q := worked(t, solved(t, row.sheet), row.step, row.unit)
		if math.Abs(q.Value-row.want) > 1e-9*row.want || q.Text != row.text {
			t.Errorf("%s: %s is %v, %q; it should be %v, %q", row.sheet, row.step, q.Value, q.Text, row.want, row.text)
		}
		if q.Low != q.Value || q.High != q.Value {
			t.Errorf("%s: %s is a range", row.sheet, row.step)
		}
	}
}

// Figures that sources print: how far they are off, and whether that is over
// the tolerance of 5%.
func TestPublishedAnswers(t *testing.T) {
	over := map[string]float64{ // published/exact - 1
		"url-shortener stored": 9, "napkin-logs bill": 1. / 9,
		"hotels reservations": 2. / 7, "hotels booking_views": 2. / 7, "hotels detail_views": 2. / 7,
	}
	published := 0
	for _, name := range (configs.Library{}).Sheets() {
		for _, a := range solved(t, name).Answers {
			p := a.Published
			if p == nil {
				continue
			}
			published++
			want, beyond := over[name+" "+a.Of]
			if a.Unit == "reservations/day" {
				want, beyond = 0, false
			}
			switch {
			case p.Within == beyond:
				t.Errorf("%s: %s published %s is within: %v", name, a.Label, p.Text, p.Within)
			case beyond && (math.Abs(p.Difference-want) > 1e-9 || p.Why == ""):
				t.Errorf("%s: %s is off by %v, should be %v; why: %q", name, a.Label, p.Difference, want, p.Why)
			case !beyond && math.Abs(p.Difference) > p.Tolerance:
				t.Errorf("%s: %s is off by %v, and within", name, a.Label, p.Difference)
			}
		}
	}
	if published < 50 {
		t.Errorf("only %d published figures", published)
	}
}

func TestSheetsSizeSystems(t *testing.T) {
	r := solved(t, "twitter")
	if r.Peak == nil || math.Abs(r.Peak.Value-6944.444444) > 1e-5 || r.Peak.Counts != "query" && r.Peak.Counts != "queries" {
		t.Errorf("the peak is %+v", r.Peak)
	}
	if r.Storage == nil || r.Storage.Value != 54.75e15 || r.Writes == nil || r.Reads != nil {
		t.Errorf("storage %+v, writes %+v, reads %+v", r.Storage, r.Writes, r.Reads)
	}
	without := []string{"availability", "object-store", "thumbnails"}
	for _, name := range (configs.Library{}).Sheets() {
		if r := solved(t, name); (r.Peak == nil) != slices.Contains(without, name) {
			t.Errorf("%s: its peak is %+v", name, r.Peak)
		}
	}
}

// The same sheet by other conventions: the reference's values in brackets.
func TestSheetsByAnotherDay(t *testing.T) {
	for name, want := range map[string]float64{"proximity": 5787.037037, "ad-clicks": 57870.37037} {
		s, err := configs.Library{}.Sheet(name)
		if err != nil {
			t.Fatal(err)
		}
		s.Conventions.Day = "86400 s"
		for i := range s.Answers {
			s.Answers[i].Published = ""
		}
		if r, err := s.Solve(); err != nil || math.Abs(r.Peak.Value-want) > 1e-4 {
			t.Errorf("%s: %+v, %v", name, r.Peak, err)
		}
	}
}

func TestSheetPrints(t *testing.T) {
	var out bytes.Buffer
	if err := solved(t, "twitter").Print(&out, 80); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"queries = dau × tweets × asked\n          = 150 M users × 2 tweets/user/day × 1 query/tweet\n          = 300 M queries/day\n          ≈ 3,472 queries/s\n",
		"≈ 6,944 queries/s\n", "= 30 TB/day\n", "= 54.75 PB\n", "published 3,500 queries/s: +0.8%, within 5%",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// Sheets that are refused, with the message; the first six are the negative
// cases of the reference.
func TestRefusedSheets(t *testing.T) {
	rows := map[string]string{
		"double-years":       `:9: steps[1]: stored gives bytes × time, not TB (bytes) (a factor in 1/time is missing: a length of time may be multiplied in twice)`,
		"lost-bytes":         `:8: steps[1]: text_rate gives tweets/time, not MB/day (bytes/time) (a factor in bytes/tweets is missing)`,
		"leaderboard":        `:10: answers[0].published: 50 users/s against 578.7 users/s as the sheet works it out: -91%, beyond 5% (a figure that fits, or the reason in why)`,
		"social-graph":       `:7: steps[0]: friendships gives ends, not edges (a factor in edges/ends is missing)`,
		"social-graph-check": `:9: checks[0]: does not hold: friendships == users_all × friends ÷ 2, that is 5 bn edges == 2.5 bn edges (a check that holds)`,
		"mixed-day":          `:6: inputs.day_length: 100,000 s is the length of a day, a month or a year by another convention; here a day has 86,400 s (write "1 day", or change the conventions)`,
		"mixed-rate":         `:6: inputs.conversion: 86,400 s/day, but the sheet's conventions say 100,000: two conventions in one sheet (leave it out, units convert themselves; or change the conventions)`,
		"mixed-month":        `:3: conventions: a month of 2.5 M s is 28.94 days of 86,400 s: conventions of different sheets are mixed (28 to 31 whole days, or a year of 365, 365.25, 365.2425 or 366 days; for a month of 2.5e6 s write "day: 1/30 month")`,
		"mixed-year":         `:3: conventions: 12 months of 30 days are 360 days, but the year has 365: two lengths for one year (give the month or the year, or both so that a year is 12 months)`,
		"bare-day":           `:6: steps[0]: rate: the bare number 86,400 looks like a conversion of units, which are converted anyway (leave it out, give it a unit as in "365 days", or make it an input with a name)`,
		"cycle":              `:7: steps[2]: the steps need one another: servers_needed -> each -> spare -> servers_needed (steps that need only earlier ones)`,
		"missing-input":      `:4: inputs.active: has no value (a quantity like "300 M users", "50%" or "10..40 servers")`,
		"unknown-name":       `:7: steps[1]: peak_users: there is no "dua", did you mean dau? (the name of an input or a step; a unit of several words stands in brackets, 1 [KB/query])`,
		"negative":           `:3: inputs.mau: "-300 M users" is negative (zero or more; or signed: true)`,
		"wrong-unit":         `:6: steps[0]: links gives link, not a plain number (a factor in 1/link is missing)`,
		"doubtful-unit":      `:4: inputs.speed: "Gb" can be bits or bytes (GB for bytes, Gbit for bits)`,
	}
	files, err := filepath.Glob("testdata/sheets/*.yaml")
	if err != nil || len(files) != len(rows) {
		t.Errorf("%d files, %d messages, %v", len(files), len(rows), err)
	}
	for name, want := range rows {
		file := "testdata/sheets/" + name + ".yaml"
		if _, err := (configs.Library{}).Sheet(file); err == nil || err.Error() != file+want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Mistakes in the file itself.
func TestSheetFiles(t *testing.T) {
	const good = "sheet: mine\ninputs:\n  a: 2 users\nsteps:\n  - b = a * 2 -> users\n"
	for _, row := range []struct{ name, text, want string }{
		{"good", good, ""},
		{"another name", strings.Replace(good, "mine", "yours", 1), `:1: sheet: is "yours", but the file is called mine.yaml (one name for both)`},
		{"no steps", "sheet: mine\n", `: steps: there are none (at least one line like "peak = rate * 2 -> queries/s")`},
		{"unknown field", good + "peaks: b\n", ":6: peaks: unknown field"},
		{"a list of inputs", "sheet: mine\ninputs: [1]\nsteps:\n  - b = 2 -> 1\n", ":2: inputs: is a list"},
		{"unknown field of an input", strings.Replace(good, "2 users", "{val: 2}", 1), ":3: inputs.a.val: unknown field (allowed is value, note, signed)"},
		{"a name twice", strings.Replace(good, "b =", "a =", 1), ":5: steps[0]: the name a is there twice, first at inputs.a"},
		{"unknown field of a step", good + "  - {stop: c = a -> users}\n", ":6: steps[1].stop: unknown field"},
		{"a peak that is no rate", good + "peak: b\n", ":6: peak: b is users (a count per time, like queries/s)"},
	} {
		folder := t.TempDir()
		file(t, folder, "sheets/mine.yaml", row.text)
		_, err := configs.Library{Folder: folder}.Sheet("mine")
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	if _, err := (configs.Library{}).Sheet("twiter"); err == nil || !strings.Contains(err.Error(), `there is no sheet "twiter" (allowed is ad-clicks,`) {
		t.Errorf("unknown sheet: %v", err)
	}
	if _, err := (configs.Library{}).Sheet("./nothing.yaml"); !os.IsNotExist(unwrapped(err)) {
		t.Errorf("no file: %v", err)
	}
}

func unwrapped(err error) error {
	if e, ok := err.(configs.Error); ok {
		return e.Unwrap()
	}
	return err
}
