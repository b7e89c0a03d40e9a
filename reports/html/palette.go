package html

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// theme gives every colour role its colour. Charts and styles name roles,
// never colours, so that light, dark and print are one switch.
type theme map[string]string

// The roles. The hues are those of Okabe and Ito that keep 3:1 contrast on
// their ground and stay apart in every kind of colour blindness; the test
// computes both. One to four are series, pass, fail and unknown verdicts. Heat is
// cividis (Nuñez, Anderton and Renslow, 2018), in the dark without its darkest
// third, which would not be seen there.
var (
	light = theme{
		"ground": "#FFFFFF", "raised": "#F6F7F9", "text": "#16191D", "muted": "#565C64",
		"line": "#8A9099", "grid": "#E3E6EA",
		"one": "#0072B2", "two": "#D55E00", "three": "#009E73", "four": "#CC79A7",
		"baseline": "#000000", "before": "#7A7F87",
		"pass": "#0072B2", "fail": "#D55E00", "unknown": "#595959",
		"band": "#D55E001F", "near": "#0072B224", "far": "#0072B20F", "pale": "#C9CED6",
		"link":  "#005A8F",
		"fresh": "#005A8F", "changed": "#00664A", "altered": "#009E7322", "failed": "#B04A00",
		"heat0": "#00204C", "heat1": "#1F3E6D", "heat2": "#505C6F", "heat3": "#7C7B78", "heat4": "#A69C73", "heat5": "#D3C05F", "heat6": "#FFE945",
	}
	dark = theme{
		"ground": "#0F1419", "raised": "#171D24", "text": "#E8EAED", "muted": "#A3ABB5",
		"line": "#6B7480", "grid": "#28303A",
		"one": "#56B4E9", "two": "#E69F00", "three": "#009E73", "four": "#CC79A7",
		"baseline": "#FFFFFF", "before": "#8D949E",
		"pass": "#56B4E9", "fail": "#E69F00", "unknown": "#A9A9A9",
		"band": "#E69F0029", "near": "#56B4E92E", "far": "#56B4E914", "pale": "#444D58",
		"link":  "#7CC4F0",
		"fresh": "#7CC4F0", "changed": "#3CCBA0", "altered": "#009E7333", "failed": "#E69F00",
		"heat0": "#56616F", "heat1": "#737576", "heat2": "#8E8977", "heat3": "#AA9F72", "heat4": "#C6B666", "heat5": "#E3CE55", "heat6": "#FFE945",
	}
)

// variables are the roles as CSS custom properties, for light, dark and
// print, in a fixed order.
func variables() template.CSS {
	var b strings.Builder
	block := func(t theme) {
		for _, role := range slices.Sorted(maps.Keys(t)) {
			fmt.Fprintf(&b, "--%s:%s;", role, t[role])
		}
	}
	b.WriteString(":root{color-scheme:light dark;")
	block(light)
	b.WriteString("}\n@media screen and (prefers-color-scheme:dark){:root{")
	block(dark)
	b.WriteString("}}\n")
	return template.CSS(b.String()) // constants only
}
