package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Bounds of a server. Queries over UDP above the bound are dropped, as a full
// socket buffer drops them; over TCP they wait in the connection.
const (
	maxDatagrams   = 1024 // UDP queries at hand
	maxConnections = 256  // open TCP connections
	maxPipelined   = 16   // queries at hand of one connection
	maxSocketFails = 16   // failures of a socket in a row
)

// Times of a server.
const (
	idleTime  = 10 * time.Second // between two queries of a connection (RFC 7766, section 6.2.3)
	writeTime = 2 * time.Second  // for a client to take a reply
	graceTime = time.Second      // for the queries at hand at the end
	pauseTime = 5 * time.Millisecond
)

// longAgo as a deadline ends a read at once.
var longAgo = time.Unix(1, 0)

// serve answers on both sockets until ctx is done, or a socket fails, and
// closes them.
func (s *server) serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error {
	defer udp.Close()
	defer tcp.Close()
	reading, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	answering, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()

	var all sync.WaitGroup
	run := func(name string, loop func() error) {
		all.Go(func() {
			if err := loop(); err != nil {
				fail(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	run("udp", func() error { return s.serveUDP(reading, answering, udp, &all) })
	run("tcp", func() error { return s.serveTCP(reading, answering, tcp, &all) })

	<-reading.Done()
	// The UDP socket stays open for the replies at hand.
	udp.SetReadDeadline(longAgo)
	tcp.Close()
	grace := time.AfterFunc(graceTime, stop)
	defer grace.Stop()
	all.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(reading)
}

func (s *server) serveUDP(reading, answering context.Context, conn net.PacketConn, all *sync.WaitGroup) error {
	slots := make(chan struct{}, maxDatagrams)
	buffer := make([]byte, 64<<10)
	for fails := 0; ; {
		n, client, err := conn.ReadFrom(buffer)
		if reading.Err() != nil {
			return nil
		}
		if err != nil {
			if fails++; !pause(reading, err, fails) {
				return err
			}
			continue
		}
		fails = 0
		select {
		case slots <- struct{}{}:
		default:
			s.tally.dropped.Add(1)
			continue
		}
		packet := append([]byte(nil), buffer[:n]...)
		all.Go(func() {
			defer func() { <-slots }()
			reply := s.respond(answering, packet, addressOf(client), true)
			if reply == nil {
				return
			}
			if _, err := conn.WriteTo(reply, client); err != nil {
				s.log.Debug("reply not sent", "client", client.String(), "error", err)
			}
		})
	}
}

func (s *server) serveTCP(reading, answering context.Context, listener net.Listener, all *sync.WaitGroup) error {
	slots := make(chan struct{}, maxConnections)
	for fails := 0; ; {
		conn, err := listener.Accept()
		if reading.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			if fails++; !pause(reading, err, fails) {
				return err
			}
			continue
		}
		fails = 0
		select {
		case slots <- struct{}{}:
		default:
			s.tally.dropped.Add(1)
			conn.Close()
			continue
		}
		all.Go(func() {
			defer func() { <-slots }()
			s.serveConn(reading, answering, conn)
		})
	}
}

// pause waits a little after a failure that may pass (too many open files),
// and says whether to go on.
func pause(ctx context.Context, err error, fails int) bool {
	if errors.Is(err, net.ErrClosed) || fails > maxSocketFails {
		return false
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(fails) * pauseTime):
	}
	return true
}

// serveConn answers the queries of one connection, several at once and each
// as soon as it is ready (RFC 7766, section 6.2.1.1).
func (s *server) serveConn(reading, answering context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(reading, func() { conn.SetReadDeadline(longAgo) })()
	var (
		pending sync.WaitGroup
		writing sync.Mutex
		slots   = make(chan struct{}, maxPipelined)
	)
	defer pending.Wait()
	for {
		conn.SetReadDeadline(time.Now().Add(idleTime))
		if reading.Err() != nil {
			return // the line above may have undone the deadline of the end
		}
		packet, err := readFrame(conn)
		if err != nil {
			return // the client left, was idle, or sent half a message
		}
		slots <- struct{}{}
		pending.Go(func() {
			defer func() { <-slots }()
			reply := s.respond(answering, packet, addressOf(conn.RemoteAddr()), false)
			if reply == nil {
				return
			}
			writing.Lock()
			defer writing.Unlock()
			conn.SetWriteDeadline(time.Now().Add(writeTime))
			if err := writeFrame(conn, reply); err != nil {
				s.log.Debug("reply not sent", "client", conn.RemoteAddr().String(), "error", err)
				conn.Close() // half a reply may be out: nothing after it can be read
			}
		})
	}
}

// readFrame reads a message with its length before it, as on TCP.
func readFrame(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	packet := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, packet)
	return packet, err
}

// writeFrame writes a message with its length in one piece.
func writeFrame(w io.Writer, packet []byte) error {
	if len(packet) > 0xffff {
		return fmt.Errorf("message of %d bytes is too long", len(packet))
	}
	frame := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(packet)), uint16(len(packet)))
	_, err := w.Write(append(frame, packet...))
	return err
}
