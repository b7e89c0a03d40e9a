package html

import (
	"crypto/sha256"
	"encoding/base64"
)

// libraryVersion is the version of the npm package echarts whose
// dist/echarts.min.js is in assets; SHA256SUMS there holds its checksum.
const libraryVersion = "6.1.0"

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
