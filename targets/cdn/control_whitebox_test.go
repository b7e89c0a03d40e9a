package cdn

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func of(seconds int64) delta { return delta{d: time.Duration(seconds) * time.Second, set: true} }

func TestParseControl(t *testing.T) {
	for _, row := range []struct {
		lines []string
		want  control
	}{
		{nil, control{}},
		{[]string{""}, control{}},
		{[]string{" , ,"}, control{}},
		{[]string{"max-age=5"}, control{maxAge: of(5)}},
		{[]string{"Max-Age=5 , PUBLIC"}, control{maxAge: of(5)}},
		{[]string{`max-age="5"`}, control{maxAge: of(5)}},
		{[]string{"max-age = 5"}, control{maxAge: of(5)}},
		{[]string{"max-age=5, max-age=9"}, control{maxAge: of(5)}},
		{[]string{"max-age=5", "max-age=9"}, control{maxAge: of(5)}},
		{[]string{"max-age"}, control{maxAge: of(0)}},
		{[]string{"max-age=-1"}, control{maxAge: of(0)}},
		{[]string{"max-age=1.5"}, control{maxAge: of(0)}},
		{[]string{"max-age=99999999999999999999999"}, control{maxAge: of(1 << 31)}},
		{[]string{"s-maxage=1, min-fresh=2, stale-if-error=3"}, control{sMaxAge: of(1), minFresh: of(2), staleIfError: of(3)}},
		{[]string{"max-stale"}, control{maxStale: of(1 << 31)}},
		{[]string{"max-stale=4"}, control{maxStale: of(4)}},
		{[]string{`private="a, no-store", no-cache="b"`}, control{private: true, noCache: true}},
		{[]string{`ext="no-store, \", private", must-revalidate`}, control{mustRevalidate: true}},
		{[]string{`ext="open, no-store`}, control{}},
		{[]string{"must-revalidate,proxy-revalidate,only-if-cached,no-store"},
			control{mustRevalidate: true, proxyRevalidate: true, onlyIfCached: true, noStore: true}},
		{[]string{"no-storeage, xmax-age=1"}, control{}},
	} {
		if got := parseControl(row.lines); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%q: got %+v, want %+v", row.lines, got, row.want)
		}
	}
}

func FuzzParseControl(f *testing.F) {
	for _, seed := range []string{"max-age=5, public", `private="a,b", no-cache`, `a="\"`, "max-stale, ,=", "s-maxage=99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c := parseControl([]string{line})
		for _, d := range []delta{c.maxAge, c.sMaxAge, c.minFresh, c.maxStale, c.staleIfError} {
			if d.d < 0 || d.d > longestDelta*time.Second || !d.set && d.d != 0 {
				t.Fatalf("%q: %+v", line, c)
			}
		}
		if strings.Contains(line, `"`) {
			return // a quote may swallow what comes after it
		}
		if again := parseControl([]string{line, "no-store"}); !again.noStore {
			t.Fatalf("%q hides the next line", line)
		}
		if again := parseControl([]string{line + ", no-store"}); !again.noStore {
			t.Fatalf("%q hides the next directive", line)
		}
		if again := parseControl([]string{strings.ToUpper(line)}); strings.ToLower(strings.ToUpper(line)) == strings.ToLower(line) && again != c {
			t.Fatalf("%q: the case counts: %+v, %+v", line, c, again)
		}
	})
}

// TestInitialAge is the arithmetic of RFC 9111 4.2.3 by table. Times are ms
// after the full second at which the question went out.
func TestInitialAge(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for _, row := range []struct {
		name            string
		asked, answered int
		date            int // ms; cut to the second on the wire
		age             string
		want            time.Duration
	}{
		{"at once", 0, 0, 0, "", 0},
		{"a delay", 100, 300, 200, "", 200 * time.Millisecond},
		// Date is 0, the answer's second is 1: the delay is all that is known.
		{"a delay over the second", 900, 1100, 950, "", 200 * time.Millisecond},
		{"dated just before", 100, 200, -100, "", time.Second},
		{"dated long before", 0, 500, -30_000, "", 30 * time.Second},
		{"dated ahead", 0, 500, 9_000, "", 500 * time.Millisecond},
		{"an age", 0, 500, 0, "7", 7500 * time.Millisecond},
		{"an age below the apparent", 0, 0, -30_000, "7", 30 * time.Second},
		{"two ages", 0, 0, 0, "7, 9", 7 * time.Second},
		{"no number", 0, 0, 0, "x", 0},
		{"a huge age", 0, 0, 0, "99999999999999", 1 << 31 * time.Second},
	} {
		h := http.Header{"Date": {at(row.date).Truncate(time.Second).Format(http.TimeFormat)}}
		if row.age != "" {
			h.Set("Age", row.age)
		}
		if got := initialAge(h, exchange{asked: at(row.asked), answered: at(row.answered)}); got != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

// The cost on the shelf is what the maps hold, whatever is put, purged and
// evicted.
func TestShelfKeepsItsBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shelf := newShelf(20_000)
		key := rapid.SampledFrom([]string{"/a", "/a?v=1", "/b", "/c", "/d", "/e"})
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			if rapid.IntRange(0, 5).Draw(t, "what") == 0 {
				shelf.purge(target{key: key.Draw(t, "key"), prefix: rapid.Bool().Draw(t, "prefix"), versions: rapid.Bool().Draw(t, "versions")})
			} else {
				vary := rapid.SampledFrom([][]string{nil, {"Accept-Encoding"}}).Draw(t, "vary")
				variant := ""
				if vary != nil {
					variant = rapid.SampledFrom([]string{"", "gzip,\n", "br,\n"}).Draw(t, "variant")
				}
				e := &entry{key: key.Draw(t, "key"), variant: variant}
				e.fill(make([]byte, rapid.IntRange(0, 22_000).Draw(t, "size")))
				shelf.land(newFlight(e.key, e.key, nil), e, vary)
			}
			var cost int64
			count := 0
			for key, r := range shelf.resources {
				if len(r.variants) == 0 {
					t.Fatalf("%s is empty", key)
				}
				for variant, e := range r.variants {
					if e.key != key || e.variant != variant || shelf.entries[nameOf(e)] != e {
						t.Fatalf("%q %q is misplaced", key, variant)
					}
					cost, count = cost+e.cost, count+1
				}
			}
			entries, bytes, _ := shelf.size()
			if entries != count || bytes != cost || count != len(shelf.entries) || bytes > 20_000 {
				t.Fatalf("%d entries of %d bytes, the books say %d of %d", count, cost, entries, bytes)
			}
		}
	})
}
