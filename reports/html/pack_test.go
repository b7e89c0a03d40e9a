package html_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"rung/reports/html"
	"rung/reports/reportstest"
)

// packs are the compressed parts of a page, by their id.
var packs = regexp.MustCompile(`<script type="text/plain" id="([a-z]+)">([^<]*)</script>`)

// unpack returns what a page holds compressed.
func unpack(t *testing.T, page []byte) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, m := range packs.FindAllSubmatch(page, -1) {
		small, err := base64.StdEncoding.DecodeString(string(m[2]))
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(bytes.NewReader(small))
		if err != nil {
			t.Fatal(err)
		}
		if out[string(m[1])], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(out) != 2 || len(out["library"]) == 0 || len(out["pack"]) == 0 {
		t.Fatalf("the page has %d compressed parts, want the library and the pack", len(out))
	}
	return out
}

// charts are the blocks of a page's charts by the id of their figure.
func charts(t *testing.T, page []byte) map[string]json.RawMessage {
	t.Helper()
	var pack struct {
		Charts map[string]json.RawMessage `json:"charts"`
	}
	if err := json.Unmarshal(unpack(t, page)["pack"], &pack); err != nil {
		t.Fatal(err)
	}
	return pack.Charts
}

// The library in the page is that of the npm package, byte for byte, and the
// only one that the page's policy lets run.
func TestLibraryIsTheRecordedOne(t *testing.T) {
	recorded, err := os.ReadFile("assets/echarts.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(recorded); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("assets/echarts.min.js.gz", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("the compressed library was written: run again")
	}
	sums, err := os.ReadFile("assets/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(recorded)
	if string(sums) != hex.EncodeToString(sum[:])+"  echarts.min.js\n" {
		t.Errorf("echarts.min.js is %x, not what SHA256SUMS records", sum)
	}
	page, err := html.RenderBytes(reportstest.Partial())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(unpack(t, page)["library"], recorded) {
		t.Error("the page does not hold the chart library, byte for byte")
	}
	own := sha256.Sum256([]byte(running(page)[0]))
	for name, sum := range map[string][32]byte{"the library": sum, "the page's own script": own} {
		hash := "&#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;") + "&#39;"
		if !strings.Contains(string(page), hash) {
			t.Errorf("the policy does not let %s run", name)
		}
	}
	for _, name := range []string{"echarts-LICENSE", "echarts-NOTICE"} {
		if text, err := os.ReadFile("assets/" + name); err != nil || !strings.Contains(string(text), "Apache") {
			t.Errorf("the licence file %s is missing: %v", name, err)
		}
	}
}

// Every place of a chart, or of a table that is made later, has its data in
// the pack, and the pack has no more than that.
func TestPackIsWhatThePageShows(t *testing.T) {
	page, err := html.RenderBytes(reportstest.Run())
	if err != nil {
		t.Fatal(err)
	}
	var pack struct {
		Charts map[string]struct {
			Option map[string]any `json:"option"`
			View   map[string]any `json:"view"`
		} `json:"charts"`
		Tables map[string]struct {
			Heads []string `json:"heads"`
			Rows  [][]any  `json:"rows"`
		} `json:"tables"`
	}
	if err := json.Unmarshal(unpack(t, page)["pack"], &pack); err != nil {
		t.Fatal(err)
	}
	places := 0
	for _, f := range figures.FindAllString(string(page), -1) {
		id := ids.FindStringSubmatch(f)[1]
		if of := repeats.FindStringSubmatch(f); of != nil {
			id = of[1]
		} else if strings.Contains(f, `class="chart"`) {
			places++
		} else {
			continue
		}
		if c, ok := pack.Charts[id]; !ok || c.Option["series"] == nil || c.View["x"] == nil {
			t.Errorf("%s has no chart in the pack", id)
		}
	}
	if places != len(pack.Charts) || places < 60 {
		t.Errorf("%d places for %d charts, want as many, and 60 or more", places, len(pack.Charts))
	}
	later := regexp.MustCompile(`id="([^"]*)" data-later`).FindAllSubmatch(page, -1)
	for _, m := range later {
		if table := pack.Tables[string(m[1])]; len(table.Rows) == 0 || len(table.Rows[0]) != len(table.Heads) {
			t.Errorf("%s has no table in the pack", m[1])
		}
	}
	if len(later) != 2*len(reportstest.Run().Stages) || len(later) != len(pack.Tables) {
		t.Errorf("%d places for %d tables", len(later), len(pack.Tables))
	}
}
