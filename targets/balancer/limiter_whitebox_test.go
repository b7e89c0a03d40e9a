package balancer

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

// TestLimiterMatchesTheBucket compares with a token bucket counted by hand.
func TestLimiterMatchesTheBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// A power of two keeps the arithmetic of both exact.
		const rate = 8
		burst := rapid.IntRange(1, 5).Draw(t, "burst")
		l := newLimiter(targets.RateLimit{Rate: rate, Burst: burst}, 10)
		now := time.Unix(0, 0)
		tokens := float64(burst)
		for range 60 {
			step := time.Duration(rapid.IntRange(0, 4).Draw(t, "step")) * time.Second / 16
			now = now.Add(step)
			tokens = min(float64(burst), tokens+step.Seconds()*rate)
			wait := l.take("a", now)
			if passed := wait == 0; passed != (tokens >= 1) {
				t.Fatalf("wait is %v with %v tokens", wait, tokens)
			}
			if wait == 0 {
				tokens--
			} else if want := time.Duration((1 - tokens) / rate * float64(time.Second)); wait != want {
				t.Fatalf("wait is %v, want %v", wait, want)
			}
		}
	})
}

func TestLimiterKnowsClientsApart(t *testing.T) {
	l := newLimiter(targets.RateLimit{Rate: 1, Burst: 1}, 10)
	now := time.Unix(0, 0)
	if l.take("a", now) != 0 || l.take("b", now) != 0 {
		t.Fatal("a first request was refused")
	}
	if l.take("a", now) == 0 || l.take("b", now) == 0 {
		t.Fatal("a second request passed")
	}
}

func TestLimiterForgets(t *testing.T) {
	t.Run("those whose bucket is full again", func(t *testing.T) {
		l := newLimiter(targets.RateLimit{Rate: 1, Burst: 5}, 1000)
		now := time.Unix(0, 0)
		for i := range 100 {
			l.take(fmt.Sprint(i), now)
		}
		now = now.Add(5 * time.Second)
		for i := range 60 {
			l.take(fmt.Sprint("new", i), now)
		}
		if l.known() != 60 {
			t.Errorf("%d clients known, want only the 60 new ones", l.known())
		}
	})
	t.Run("the oldest when full", func(t *testing.T) {
		l := newLimiter(targets.RateLimit{Rate: 1, Burst: 1}, 50)
		now := time.Unix(0, 0)
		for i := range 500 {
			l.take(fmt.Sprint(i), now)
			l.take("busy", now)
			if l.known() > 50 {
				t.Fatalf("%d clients known: the table has no bound", l.known())
			}
		}
		if l.take("busy", now) == 0 {
			t.Error("the busiest client was forgotten")
		}
	})
}

func TestNoLimit(t *testing.T) {
	l := newLimiter(targets.RateLimit{}, 10)
	for range 1000 {
		if l.take("a", time.Unix(0, 0)) != 0 {
			t.Fatal("refused without a limit")
		}
	}
	if l.known() != 0 {
		t.Error("clients are kept without a limit")
	}
}
