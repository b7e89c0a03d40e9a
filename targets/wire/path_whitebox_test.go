package wire

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

func newPath(spec targets.Link, i targets.Impairment, datagrams bool) *path {
	l := NewLink(nil, spec, 1)
	l.impairment.Store(&i)
	return &path{link: l, datagrams: datagrams, random: l.random(1, laneOut)}
}

func TestArrival(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	type send struct {
		at    time.Duration
		bytes int
		want  time.Duration
	}
	tests := []struct {
		name  string
		spec  targets.Link
		i     targets.Impairment
		sends []send
	}{
		{"zero", targets.Link{}, targets.Impairment{}, []send{{0, 1000, 0}, {ms(1), 0, ms(1)}}},
		{"one way", targets.Link{OneWay: ms(5)}, targets.Impairment{}, []send{{0, 1, ms(5)}, {ms(1), 1, ms(6)}}},
		{"extra", targets.Link{OneWay: ms(5)}, targets.Impairment{Extra: ms(2)}, []send{{0, 1, ms(7)}}},
		{"bytes leave one after another", targets.Link{OneWay: ms(5), Bandwidth: 1000}, targets.Impairment{},
			[]send{{0, 10, ms(15)}, {ms(1), 10, ms(25)}, {ms(100), 10, ms(115)}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, datagrams := range []bool{false, true} {
				p := newPath(test.spec, test.i, datagrams)
				for _, s := range test.sends {
					due, ok := p.arrival(start.Add(s.at), s.bytes)
					if got := due.Sub(start); !ok || got != s.want {
						t.Errorf("sent at %v: arrives at %v, %v; want %v", s.at, got, ok, s.want)
					}
				}
			}
		})
	}
}

// TestStreamNeverOvertakes: whatever the wire, arrivals of a stream only rise,
// and none is before sending time + (one way - jitter).
func TestStreamNeverOvertakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		duration := func(name string) time.Duration {
			return time.Duration(rapid.Int64Range(0, 1e8).Draw(t, name))
		}
		spec := targets.Link{OneWay: duration("one way"), Jitter: duration("jitter"), Bandwidth: rapid.Int64Range(0, 1e9).Draw(t, "bandwidth")}
		i := targets.Impairment{Extra: duration("extra"), Loss: rapid.Float64Range(0, 0.9).Draw(t, "loss")}
		p := newPath(spec, i, false)
		now := time.Unix(1_000_000, 0)
		last := now
		for range rapid.IntRange(1, 50).Draw(t, "sends") {
			now = now.Add(duration("gap"))
			due, ok := p.arrival(now, rapid.IntRange(0, largest).Draw(t, "bytes"))
			if !ok {
				t.Fatal("a stream lost data")
			}
			if due.Before(last) {
				t.Fatalf("arrives at %v, before its predecessor at %v", due, last)
			}
			if soonest := now.Add(max(spec.OneWay+i.Extra-spec.Jitter, 0)); due.Before(soonest) {
				t.Fatalf("arrives at %v, soonest possible is %v", due, soonest)
			}
			last = due
		}
	})
}

func TestJitterIsUniformAndLetsDatagramsOvertake(t *testing.T) {
	const n, oneWay, jitter = 20_000, 10 * time.Millisecond, 4 * time.Millisecond
	p := newPath(targets.Link{OneWay: oneWay, Jitter: jitter}, targets.Impairment{}, true)
	now := time.Unix(1_000_000, 0)
	var sum, squares float64
	var overtakes int
	last := now
	for range n {
		due, _ := p.arrival(now, 100)
		delay := due.Sub(now)
		if delay < oneWay-jitter || delay > oneWay+jitter {
			t.Fatalf("delay %v is not within %v of %v", delay, jitter, oneWay)
		}
		if due.Before(last) {
			overtakes++
		}
		last = due
		sum += delay.Seconds()
		squares += delay.Seconds() * delay.Seconds()
	}
	mean := sum / n
	deviation := math.Sqrt(squares/n - mean*mean)
	near(t, "mean", mean, oneWay.Seconds(), 0.01)
	near(t, "standard deviation", deviation, jitter.Seconds()/math.Sqrt(3), 0.02)
	near(t, "share of overtakes", float64(overtakes)/n, 0.5, 0.05)
}

func TestLossShare(t *testing.T) {
	const n, loss = 50_000, 0.1
	now := time.Unix(1_000_000, 0)
	for _, test := range []struct {
		name  string
		bytes int
		want  float64
	}{
		{"one packet", 100, loss},
		{"three packets", 3 * segment, 1 - math.Pow(1-loss, 3)},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := targets.Impairment{Loss: loss}
			datagrams := newPath(targets.Link{}, i, true)
			var lost, stalled, again int
			for range n {
				if _, ok := datagrams.arrival(now, test.bytes); !ok {
					lost++
				}
				due, _ := newPathAgain(datagrams).arrival(now, test.bytes)
				if delay := due.Sub(now); delay > 0 {
					stalled++
					if delay < retransmission {
						t.Fatalf("stall of %v is less than one time-out", delay)
					}
					if delay > retransmission {
						again++
					}
				}
			}
			near(t, "datagrams lost", float64(lost)/n, test.want, 0.05)
			near(t, "segments stalled", float64(stalled)/n, test.want, 0.05)
			near(t, "stalled twice", float64(again)/float64(stalled), loss, 0.1)
		})
	}
}

// newPathAgain is a stream without history that goes on with p's randomness.
func newPathAgain(p *path) *path { return &path{link: p.link, random: p.random} }

func TestStallIsBounded(t *testing.T) {
	p := newPath(targets.Link{}, targets.Impairment{}, false)
	if got := stall(1, 1, retransmission, p.random); got != longestStall {
		t.Errorf("stall with certain loss: %v, want %v", got, longestStall)
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance*want {
		t.Errorf("%s: %v, want %v within %v%%", what, got, want, tolerance*100)
	}
}
