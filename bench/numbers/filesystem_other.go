//go:build !linux

package numbers

// filesystem is not known here.
func filesystem(string) string { return "" }

// room is not known here.
func room(string) (int64, bool) { return 0, false }
