//go:build !unix

package run

func raiseFileLimit() error { return nil }
