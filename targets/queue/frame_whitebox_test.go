package queue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestFrames(t *testing.T) {
	const text = "CONNECT {\"verbose\":false}\r\n" +
		"PUB photos.new 5\r\nhello\r\n" +
		"pub\tphotos.new  _INBOX.1 0\n\r\n" +
		"HPUB photos.new _INBOX.2 12 14\r\nNATS/1.0\r\n\r\nhi\r\n" +
		"MSG a 7 4\r\nPUB \r\n" +
		"HMSG a 7 $JS.ACK.x 12 12\r\nNATS/1.0\r\n\r\n\r\n" +
		"\r\nPING\r\n"
	want := []frame{
		{verb: verbOther},
		{verb: verbPub, subject: []byte("photos.new"), payload: []byte("hello")},
		{verb: verbPub, subject: []byte("photos.new"), reply: []byte("_INBOX.1")},
		{verb: verbHPub, subject: []byte("photos.new"), reply: []byte("_INBOX.2"), payload: []byte("hi")},
		{verb: verbMsg, subject: []byte("a"), payload: []byte("PUB ")},
		{verb: verbHMsg, subject: []byte("a"), reply: []byte("$JS.ACK.x")},
		{verb: verbOther}, {verb: verbOther},
	}
	s := newScanner(iotest.OneByteReader(strings.NewReader(text)), 256, 64)
	var all []byte
	for i, w := range want {
		f, err := s.next()
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if f.verb != w.verb || !bytes.Equal(f.subject, w.subject) || !bytes.Equal(f.reply, w.reply) || !bytes.Equal(f.payload, w.payload) {
			t.Errorf("frame %d is %+v, want %+v", i, f, w)
		}
		all = append(all, f.raw...)
	}
	if _, err := s.next(); !errors.Is(err, io.EOF) || string(all) != text {
		t.Errorf("at the end %v, frames hold %q", err, all)
	}
}

func TestWrongFrames(t *testing.T) {
	for name, text := range map[string]string{
		"long line":          strings.Repeat("x", 300) + "\r\n",
		"endless line":       strings.Repeat("x", 1000),
		"no size":            "PUB a\r\n",
		"too many words":     "PUB a b c 1\r\n",
		"no number":          "PUB a 1x\r\n",
		"negative":           "PUB a -1\r\n",
		"overflow":           "PUB a 18446744073709551617\r\n",
		"too large":          "PUB a 65\r\n",
		"headers too long":   "HPUB a 5 4\r\nabcd\r\n",
		"does not end there": "PUB a 1\r\nabc\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			f, err := newScanner(strings.NewReader(text), 256, 64).next()
			if !errors.Is(err, errProtocol) || !strings.HasPrefix(text, string(f.raw)) || len(f.raw) == 0 {
				t.Errorf("%v, read %q", err, f.raw)
			}
		})
	}
	if _, err := newScanner(strings.NewReader("PUB a 5\r\nab"), 256, 64).next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
}

// FuzzFrames holds that a scanner hands on every byte, in order, in bounded
// memory, whatever comes, and that what it read it reads again alike.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{"PUB a 1\r\nx\r\nPING\r\n", "HPUB a b 2 3\r\nxyz\r\n", "MSG a 1 r 2\r\nab\r\n", "pub a 9\n", "\r\n\r\n", "HMSG a 1 r 3 2\r\nab\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := newScanner(bytes.NewReader(data), 128, 64)
		var all []byte
		for {
			fr, err := s.next()
			all = append(all, fr.raw...)
			if len(fr.raw) > 128+64+64+2 {
				t.Fatalf("a frame of %d bytes", len(fr.raw))
			}
			if err != nil {
				break
			}
			if len(fr.raw) == 0 {
				t.Fatal("a frame of nothing")
			}
			again, err := newScanner(bytes.NewReader(fr.raw), 128, 64).next()
			if err != nil || fmt.Sprint(again) != fmt.Sprint(fr) {
				t.Fatalf("%q is %v, then %v (%v)", fr.raw, fr, again, err)
			}
		}
		if !bytes.HasPrefix(data, all) {
			t.Fatalf("%q became %q", data, all)
		}
	})
}

// TestWindowKeepsOrder pushes and pops side by side, with parcels that become
// ready in any order.
func TestWindowKeepsOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, windowBytes/2), 1, 40).Draw(r, "sizes")
		w := newWindow()
		done := make(chan struct{})
		parcels := make([]*parcel, len(sizes))
		for i, n := range sizes {
			parcels[i] = &parcel{size: n, ready: make(chan struct{})}
		}
		order := rapid.Permutation(parcels).Draw(r, "order")
		go func() {
			defer close(done)
			for _, p := range parcels {
				if !w.push(p) {
					return
				}
			}
			w.close()
		}()
		go func() {
			for _, p := range order {
				close(p.ready)
			}
		}()
		for i := range parcels {
			p := w.head()
			if p != parcels[i] {
				r.Fatalf("parcel %d came out of order", i)
			}
			<-p.ready
			w.pop()
			w.mu.Lock()
			held := w.bytes
			w.mu.Unlock()
			if held < 0 || held > windowBytes {
				r.Fatalf("window holds %d bytes", held)
			}
		}
		if w.head() != nil {
			r.Fatal("window is not empty")
		}
		<-done
	})
}

func TestWindowIsBounded(t *testing.T) {
	w := newWindow()
	ready := closed()
	for range windowFrames {
		if !w.push(&parcel{ready: ready}) {
			t.Fatal("no room")
		}
	}
	pushed := make(chan bool)
	go func() { pushed <- w.push(&parcel{ready: ready}) }()
	select {
	case <-pushed:
		t.Fatal("more than the window holds")
	default:
	}
	w.close()
	if <-pushed {
		t.Error("a closed window takes a parcel")
	}
}
