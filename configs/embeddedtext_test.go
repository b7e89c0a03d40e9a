package configs_test

import (
	"os"
	"testing"
)

// embeddedText is the text of a file of this package.
func embeddedText(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
