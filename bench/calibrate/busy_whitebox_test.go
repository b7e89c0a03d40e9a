package calibrate

import (
	"testing"
	"time"
)

func TestParseBusy(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       time.Duration
		ok         bool
	}{
		{"all kinds of work", "cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 9 9 9 9 9 9 9 9\n", 630 * time.Millisecond, true},
		{"no guests", "cpu 1 0 0 0 0 0 0 0", 10 * time.Millisecond, true},
		{"empty", "", 0, false},
		{"too short", "cpu 1 2 3 4", 0, false},
		{"another line", "intr 1 2 3 4 5 6 7 8 9", 0, false},
		{"negative", "cpu -1 2 3 4 5 6 7 8 9", 0, false},
		{"no number", "cpu 1 2 x 4 5 6 7 8 9", 0, false},
	} {
		if got, ok := parseBusy(row.text); got != row.want || ok != row.ok {
			t.Errorf("%s: %v, %t; want %v, %t", row.name, got, ok, row.want, row.ok)
		}
	}
}

func FuzzParseBusy(f *testing.F) {
	f.Add("cpu  1 2 4 1000 2000 8 16 32 64 128\n")
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := parseBusy(text); got < 0 || !ok && got != 0 {
			t.Errorf("%v, %t", got, ok)
		}
	})
}

func TestBusyGrows(t *testing.T) {
	before, ok := Busy()
	if !ok {
		t.Skip("SKIPPED: this system does not tell how busy it is")
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if after, _ := Busy(); after > before {
			return
		}
	}
	t.Error("half a minute of work does not count")
}
