// Command rung builds every step of the scaling ladder as real running
// servers, attacks each with the same open-loop load, breaks it on purpose,
// and renders one HTML report.
package main

import (
	"os"
)

func main() {
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
