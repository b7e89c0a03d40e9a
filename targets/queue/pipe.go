package queue

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

// verdictTime bounds the wait for the server's answer to a client that broke
// the protocol.
const verdictTime = time.Second

// answerBytes bounds one message of the server: a piece of a backup has at most
// 1 MiB, an answer about many streams is smaller.
const answerBytes = 4 << 20

// pipe joins a client with the NATS server.
type pipe struct {
	client, broker net.Conn
	toll           *toll
	tally          *tally
	log            *slog.Logger
}

// run copies both ways until either side ends or ctx does, and closes both.
func (p *pipe) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, p.close)
	defer stop()
	w := newWindow()
	var copying, charging sync.WaitGroup
	copying.Go(func() {
		p.read(ctx, w, &charging)
		w.close()
		_, _ = io.Copy(io.Discard, p.client) // until farewell or the end
	})
	copying.Go(func() {
		p.forward(ctx, w)
		// Nothing more will be forwarded: nothing more need be read.
		w.close()
		p.broker.Close()
	})
	p.answer()
	w.close()
	p.broker.Close()
	p.farewell()
	copying.Wait()
	cancel()
	charging.Wait()
}

// farewell lets the client read the server's last words: closing a connection
// with unread bytes would take them away. What the client still sends is read
// and dropped, for a bounded time.
func (p *pipe) farewell() {
	if half, ok := p.client.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		if p.client.SetReadDeadline(time.Now().Add(verdictTime)) == nil {
			return
		}
	}
	p.client.Close()
}

func (p *pipe) close() {
	p.client.Close()
	p.broker.Close()
}

// read takes the client's frames and starts to charge them.
func (p *pipe) read(ctx context.Context, w *window, charging *sync.WaitGroup) {
	scanner := newScanner(p.client, lineBytes+frameBytes, payloadBytes)
	for {
		f, err := scanner.next()
		if err != nil {
			if errors.Is(err, errProtocol) {
				p.tally.violations.Add(1)
				p.log.Info("client breaks the protocol", "error", err)
				// The server has the words for it, and closes.
				w.push(&parcel{size: len(f.raw), data: f.raw, ready: closed()})
				p.doom(w)
			}
			return
		}
		t := &parcel{size: len(f.raw), data: f.raw}
		if !p.toll.due(f) {
			t.ready = closed()
			if !w.push(t) {
				return
			}
			continue
		}
		t.ready = make(chan struct{})
		if !w.push(t) {
			return
		}
		charging.Go(func() {
			defer close(t.ready)
			t.data, t.err = p.toll.charge(ctx, f)
		})
	}
}

// doom gives the server time to say what is wrong and to close the connection,
// and then closes it.
func (p *pipe) doom(w *window) {
	timer := time.AfterFunc(verdictTime, func() { p.broker.Close() })
	defer timer.Stop()
	<-w.over
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// forward gives the frames to the server, in order, each when it is charged.
func (p *pipe) forward(ctx context.Context, w *window) {
	out := bufio.NewWriter(p.broker)
	for {
		t := w.head()
		if t == nil {
			return
		}
		select {
		case <-t.ready:
		case <-ctx.Done():
			return
		}
		if t.err != nil {
			return
		}
		if _, err := out.Write(t.data); err != nil {
			return
		}
		if !w.pop() && out.Flush() != nil {
			return
		}
	}
}

// answer gives the server's frames to the client, and counts them.
func (p *pipe) answer() {
	scanner := newScanner(p.broker, infoBytes, answerBytes)
	out := bufio.NewWriter(p.client)
	for {
		f, err := scanner.next()
		p.tally.note(f)
		if _, failed := out.Write(f.raw); failed != nil {
			return
		}
		if err != nil || scanner.r.Buffered() == 0 {
			if out.Flush() != nil {
				return
			}
		}
		if err != nil {
			if errors.Is(err, errProtocol) {
				// Not expected of the server: let it through uncounted.
				p.log.Error("server's frame is not understood", "error", err)
				_, _ = io.Copy(p.client, scanner.r)
			}
			return
		}
	}
}
