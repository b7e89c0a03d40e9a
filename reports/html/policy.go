package html

import "encoding/base64"

// libraryVersion is the version of the npm package echarts whose
// dist/echarts.min.js is in assets, as it is and compressed; SHA256SUMS there
// holds its checksum.
const libraryVersion = "6.1.0"

// policy is the content security policy of the page: it loads nothing, and
// runs the scripts with the given SHA-256 sums only. Charts and tooltips set
// styles on elements.
func policy(sums ...[]byte) string {
	allowed := ""
	for _, sum := range sums {
		allowed += " 'sha256-" + base64.StdEncoding.EncodeToString(sum) + "'"
	}
	return "default-src 'none'; script-src" + allowed +
		"; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
}
