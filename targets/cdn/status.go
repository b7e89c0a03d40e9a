package cdn

import (
	"strconv"
	"time"
)

// status is a Cache-Status of this edge (RFC 9211), before it is written.
type status struct {
	reason    string // of the question to the origin; "" is a hit
	code      int    // of the origin's answer, 0 without one
	stored    bool
	collapsed bool
	ttl       time.Duration // of what is served from the cache
	hasTTL    bool
	detail    string
}

func (st status) append(b []byte, signer string) []byte {
	b = append(b, signer...)
	if st.reason == "" {
		b = append(b, "; hit"...)
	} else {
		b = append(append(b, "; fwd="...), st.reason...)
		if st.code != 0 {
			b = strconv.AppendInt(append(b, "; fwd-status="...), int64(st.code), 10)
		}
		if st.stored {
			b = append(b, "; stored"...)
		}
		if st.collapsed {
			b = append(b, "; collapsed"...)
		}
	}
	if st.hasTTL {
		b = strconv.AppendInt(append(b, "; ttl="...), floorSeconds(st.ttl), 10)
	}
	if st.detail != "" {
		b = append(append(b, "; detail="...), st.detail...)
	}
	return b
}

func floorSeconds(d time.Duration) int64 {
	n := int64(d / time.Second)
	if d < 0 && d%time.Second != 0 {
		n--
	}
	return n
}

// item writes a name as a token of structured fields (RFC 9651), or as a
// string if it is none.
func item(name string) string {
	ok := name != ""
	for i, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		ok = ok && (letter || i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'))
	}
	if ok {
		return name
	}
	return strconv.QuoteToASCII(name)
}
