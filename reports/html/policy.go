package html

import (
	"crypto/sha256"
	"encoding/base64"
)

// libraryVersion and librarySum pin the chart library: the version of the npm
// package echarts, and the SHA-256 of its dist/echarts.min.js.
const (
	libraryVersion = "6.1.0"
	librarySum     = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
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
