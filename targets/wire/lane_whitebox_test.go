package wire

import (
	"io"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

// newTestLane returns a lane whose time is given by the test.
func newTestLane(spec targets.Link, datagrams bool) (*lane, *Link) {
	link := NewLink(nil, spec, 1)
	return newLane(link, 1, laneOut, datagrams), link
}

func (l *lane) sendAt(now time.Time, data string) {
	c := l.link.buffers.get(len(data))
	c.data = c.full[:copy(c.full, data)]
	l.send(c, now)
}

// TestCutStrikesWhatIsUnderWay: data was sent before the cut and would arrive
// during it. A stream holds it until the link is healed; datagrams are lost.
func TestCutStrikesWhatIsUnderWay(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	const oneWay = time.Millisecond
	for _, test := range []struct {
		name      string
		datagrams bool
		left      int // chunks after the cut
	}{{"stream", false, 2}, {"datagrams", true, 1}} {
		t.Run(test.name, func(t *testing.T) {
			l, link := newTestLane(targets.Link{OneWay: oneWay}, test.datagrams)
			l.sendAt(start, "early")
			l.sendAt(start.Add(time.Hour), "late")

			if c, until, err := l.arrived(start); c != nil || !until.Equal(start.Add(oneWay)) || err != nil {
				t.Fatalf("on the way: %v, %v, %v", c, until, err)
			}
			link.Impair(targets.Impairment{Cut: true})
			if c, _, err := l.arrived(start.Add(oneWay)); c != nil || err != nil {
				t.Fatalf("arrived over a cut link: %v, %v", c, err)
			}
			link.Impair(targets.Impairment{})
			if got := len(l.chunks); got != test.left {
				t.Fatalf("%d chunks are left, want %d", got, test.left)
			}
			c, _, _ := l.arrived(start.Add(time.Hour + oneWay))
			if want := []string{"late", "early"}[test.left-1]; string(c.data) != want {
				t.Fatalf("first after heal is %q, want %q", c.data, want)
			}
		})
	}
}

// TestOwnEventPassesACut: closing a UDP socket does not depend on the other
// end.
func TestOwnEventPassesACut(t *testing.T) {
	l, link := newTestLane(targets.Link{}, true)
	l.sendAt(time.Now(), "lost")
	link.Impair(targets.Impairment{Cut: true})
	due := l.mark(errClose, true)
	if c, _, _ := l.arrived(due); c == nil || c.err != errClose {
		t.Fatalf("close of a datagram socket is held: %v", c)
	}
}

// TestSizeIsWhatTheBuffersTake: many tiny writes must not hold more memory
// than the window says.
func TestSizeIsWhatTheBuffersTake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, _ := newTestLane(targets.Link{}, rapid.Bool().Draw(t, "datagrams"))
		now := time.Unix(1_000_000, 0)
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "send") {
				l.sendAt(now, string(make([]byte, rapid.IntRange(0, largest).Draw(t, "bytes"))))
			} else if len(l.chunks) > 0 {
				l.drop()
			}
			held := 0
			for _, c := range l.chunks {
				held += len(c.full)
			}
			if l.size != held {
				t.Fatalf("size is %d, buffers take %d", l.size, held)
			}
			if l.path.datagrams && l.size > datagramWindow {
				t.Fatalf("%d bytes of datagrams held, window is %d", l.size, datagramWindow)
			}
		}
		l.stopPull(io.ErrClosedPipe)
		if l.size != 0 || len(l.chunks) != 0 {
			t.Fatalf("%d bytes left after stop", l.size)
		}
	})
}
