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
// computes both. One to four are series, pass, fail and unknown verdicts.
var (
	light = theme{
		"ground": "#FFFFFF", "raised": "#F6F7F9", "text": "#16191D", "muted": "#565C64",
		"line": "#8A9099", "grid": "#E3E6EA",
		"one": "#0072B2", "two": "#D55E00", "three": "#009E73", "four": "#CC79A7",
		"baseline": "#000000", "before": "#7A7F87",
		"pass": "#0072B2", "fail": "#D55E00", "unknown": "#595959",
		"band": "#D55E001F", "near": "#0072B224", "far": "#0072B20F", "pale": "#C9CED6",
		"link": "#005A8F",
	}
	dark = theme{
		"ground": "#0F1419", "raised": "#171D24", "text": "#E8EAED", "muted": "#A3ABB5",
		"line": "#6B7480", "grid": "#28303A",
		"one": "#56B4E9", "two": "#E69F00", "three": "#009E73", "four": "#CC79A7",
		"baseline": "#FFFFFF", "before": "#8D949E",
		"pass": "#56B4E9", "fail": "#E69F00", "unknown": "#A9A9A9",
		"band": "#E69F0029", "near": "#56B4E92E", "far": "#56B4E914", "pale": "#444D58",
		"link": "#7CC4F0",
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
