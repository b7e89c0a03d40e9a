package cdn

import (
	"net/http"
	"net/textproto"
	"strings"
)

// varyNames lists the request headers that an answer depends on.
func varyNames(header http.Header) []string {
	var names []string
	for _, line := range header["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = textproto.TrimString(name); name != "" {
				names = append(names, http.CanonicalHeaderKey(name))
			}
		}
	}
	return names
}

// variantOf joins the values of the request headers that an answer depends
// on, white space normalised (RFC 9111 4.1).
func variantOf(names []string, request http.Header) string {
	if len(names) == 0 {
		return ""
	}
	var b strings.Builder
	for _, name := range names {
		for _, line := range request[name] {
			for value := range strings.SplitSeq(line, ",") {
				value = textproto.TrimString(value)
				if name == "Accept-Encoding" {
					value = strings.ToLower(value)
				}
				b.WriteString(value)
				b.WriteByte(',')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
