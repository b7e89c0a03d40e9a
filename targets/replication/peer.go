package replication

import (
	"context"
	"math/rand/v2"
	"net"
	"time"
)

const (
	// queue bounds the messages that wait for one member. What does not fit is
	// dropped: everything is said again.
	queue = 1024
	// redialMin and redialMax bound the pause after a failed dial, on average.
	redialMin = 20 * time.Millisecond
	redialMax = 200 * time.Millisecond
	// dialTimeout bounds one dial, writeTimeout one flush.
	dialTimeout  = time.Second
	writeTimeout = 2 * time.Second
)

// peer sends messages to one other member, over one connection that it opens
// itself.
type peer struct {
	group  *Group
	number int
	name   string
	queue  chan message
	random *rand.Rand // of the goroutine that sends
}

func newPeer(g *Group, number int, name string) *peer {
	return &peer{group: g, number: number, name: name, queue: make(chan message, queue),
		random: rand.New(rand.NewPCG(g.config.Seed, uint64(number)))}
}

// put queues a message, or drops it.
func (p *peer) put(m message) {
	select {
	case p.queue <- m:
	default:
	}
}

// run sends until the group is closed. While there is no connection, messages
// are dropped: those that matter are said again, and old ones would only be
// in the way.
func (p *peer) run() {
	ctx, pause := p.group.ctx, redialMin
	for ctx.Err() == nil {
		conn, err := p.dial(ctx)
		if err != nil {
			p.rest(ctx, pause/2+time.Duration(p.random.Int64N(int64(pause))))
			pause = min(2*pause, redialMax)
			continue
		}
		pause = redialMin
		p.send(ctx, conn)
		p.group.forget(conn)
		conn.Close()
	}
}

func (p *peer) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := p.group.config.Dial(ctx, p.name)
	if err != nil {
		return nil, err
	}
	if !p.group.keep(conn) {
		conn.Close()
		return nil, errClosed
	}
	return conn, nil
}

// rest drops what is queued for a while.
func (p *peer) rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-p.queue:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// send writes messages until the connection breaks.
func (p *peer) send(ctx context.Context, conn net.Conn) {
	// Nothing comes back on this connection: a read ends when it is broken.
	broken := make(chan struct{})
	go func() {
		defer close(broken)
		var b [1]byte
		conn.Read(b[:]) // any outcome means that it is over
	}()
	defer func() {
		conn.Close()
		<-broken
	}()
	out, err := newOutgoing(conn, &p.group.sent)
	if err != nil {
		p.group.log.Error("compress", "to", p.name, "error", err)
		return
	}
	var b []byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-broken:
			return
		case m := <-p.queue:
			b = m.encode(b[:0])
			for more := true; more && len(b) < 1<<16; {
				select {
				case m := <-p.queue:
					b = m.encode(b)
				default:
					more = false
				}
			}
			if conn.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
				return
			}
			if _, err := out.Write(b); err != nil {
				return
			}
		}
	}
}

// Serve takes the messages of a connection that another member opened, until
// it ends, and closes it.
func (g *Group) Serve(conn net.Conn) {
	defer conn.Close()
	if !g.keep(conn) {
		return
	}
	defer g.forget(conn)
	in, free, err := incoming(conn)
	if err != nil {
		g.log.Error("decompress", "error", err)
		return
	}
	defer free()
	for {
		m, err := readMessage(in)
		if err != nil {
			return // it is broken, or the other side is no member
		}
		if m.from < 0 || m.from >= len(g.peers) || m.from == g.core.self {
			g.log.Warn("message from nobody", "remote", conn.RemoteAddr().String())
			return
		}
		if m.kind == snapshotOffer {
			g.takeSnapshot(conn, in, m)
			return
		}
		g.input(func(now time.Time) error { return g.core.receive(now, m) })
	}
}
