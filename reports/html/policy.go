package html

import (
	"crypto/sha256"
	"encoding/base64"
)

// dist/echarts.min.js is in assets; its checksum is in SHA256SUMS there.
const (
	libraryVersion = "6.1.0"
)

// policy is the content security policy of the page: it loads nothing, and
// runs the given scripts only. Charts and tooltips set styles on elements.
func policy(scripts ...[]byte) string {
	allowed := ""
	for _, s := range scripts {
		sum := sha256.Sum256(s)
		allowed += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src" + allowed +
		"; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
}
