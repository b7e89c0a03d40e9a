package balancer

import (
	"net/http"
	"testing"
)

func TestAnswersForEveryoneCarryNoCookie(t *testing.T) {
	for value, want := range map[string]bool{
		"public, max-age=60": true, "max-age=60, Public": true, "private": false, "": false, "no-cache": false,
		"max-age=60": false, "publicly": false,
	} {
		if got := forEveryone(http.Header{"Cache-Control": {value}}); got != want {
			t.Errorf("%q: %t, want %t", value, got, want)
		}
	}
}
