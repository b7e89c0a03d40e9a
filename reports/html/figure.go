package html

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// figure is one chart with all that a reader needs around it.
type figure struct {
	// ID anchors the figure. It is unique on the page.
	ID string
	// Title is a claim or a question; Subtitle says sample, rate and model;
	// How tells how to read the chart.
	Title, Subtitle, How string
	Height               int
	// Block is the chart; without one, Empty says why.
	Block json.RawMessage
	Empty string
	// Table is the chart's twin.
	Table *table
	// Of is the figure that this one repeats: its chart and table are there.
	Of string
	// Beside stands under the chart and is not folded.
	Beside *table
}

// draw fills the block of a figure from its plot.
func (f *figure) draw(p *plot) error {
	block, err := p.block()
	if err != nil {
		return fmt.Errorf("%s: %w", f.ID, err)
	}
	f.Block = block
	return nil
}

// anchors hands out ids that are safe in a link and unique.
type anchors map[string]bool

// of makes an id of a prefix and a name of the run.
func (a anchors) of(prefix, name string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	if len(slug) > 96 {
		slug = slug[:96]
	}
	id := prefix + "-" + slug
	for n := 2; a[id]; n++ {
		id = prefix + "-" + slug + "-" + strconv.Itoa(n)
	}
	a[id] = true
	return id
}
