package trace

import (
	"encoding/hex"
	"fmt"
)

// parentBytes is the length of a traceparent of version 00:
// 00-<32 hex>-<16 hex>-<2 hex>.
const parentBytes = 2 + 1 + 32 + 1 + 16 + 1 + 2

// flagSampled is the only flag that version 00 knows.
const flagSampled = 1

// String is the context as a traceparent of version 00. The zero Context has
// one that Parse refuses.
func (c Context) String() string {
	b := make([]byte, 0, parentBytes)
	b = append(b, "00-"...)
	b = hex.AppendEncode(b, c.Trace[:])
	b = append(b, '-')
	b = hex.AppendEncode(b, c.Span[:])
	if c.Sampled {
		return string(append(b, "-01"...))
	}
	return string(append(b, "-00"...))
}

// Parse reads a traceparent. Of versions above 00 it reads what 00 has, as
// W3C asks. Request stays empty: a traceparent does not name it.
func Parse(s string) (Context, error) {
	var c Context
	if !shaped(s) {
		return Context{}, wrong(s)
	}
	var flags [1]byte
	// What shaped has passed is hexadecimal, so these cannot fail.
	for _, part := range []struct {
		to   []byte
		from string
	}{{c.Trace[:], s[3:35]}, {c.Span[:], s[36:52]}, {flags[:], s[53:55]}} {
		if _, err := hex.Decode(part.to, []byte(part.from)); err != nil {
			return Context{}, wrong(s)
		}
	}
	if !c.valid() {
		return Context{}, wrong(s)
	}
	c.Sampled = flags[0]&flagSampled != 0
	return c, nil
}

// shaped says whether the fields of version 00 stand where they belong, in
// lower-case hexadecimal.
func shaped(s string) bool {
	if len(s) < parentBytes || s[:2] == "ff" {
		return false
	}
	if len(s) > parentBytes && (s[:2] == "00" || s[parentBytes] != '-') {
		return false
	}
	for i := range parentBytes {
		switch i {
		case 2, 35, 52:
			if s[i] != '-' {
				return false
			}
		default:
			if !isLowerHex(s[i]) {
				return false
			}
		}
	}
	return true
}

func isLowerHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }

// wrong shows no more of s than a traceparent has: it came over a wire.
func wrong(s string) error {
	const rule = "want 00-<32 hex>-<16 hex>-<2 hex>, lower case, ids not zero"
	if len(s) > parentBytes {
		return fmt.Errorf("traceparent %q...: %s", s[:parentBytes], rule)
	}
	return fmt.Errorf("traceparent %q: %s", s, rule)
}
