package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// maxStray bounds the datagrams that are read and thrown away while waiting
// for a reply.
const maxStray = 64

// dialer opens a connection to one server; network is "udp" or "tcp".
type dialer func(ctx context.Context, network string) (net.Conn, error)

// newQuery returns a query with a random ID and the OPT record that lets
// replies be longer than 512 bytes. A subnet that is valid goes with it, as
// that of the client.
func newQuery(q question, recurse bool) *dns.Msg {
	query := new(dns.Msg).SetQuestion(q.name, q.qtype)
	query.RecursionDesired = recurse
	query.SetEdns0(udpSize, false)
	if q.subnet.IsValid() {
		attachSubnet(query, q.subnet)
	}
	return query
}

// exchange asks one server one question, over UDP and then over TCP if the
// reply was truncated. It waits until ctx is done: the caller bounds it. Each
// question leaves from a socket of its own, so a reply has the right source
// address and port, and is taken only with the right ID and question.
func exchange(ctx context.Context, dial dialer, query *dns.Msg) (*dns.Msg, error) {
	packet, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	reply, err := roundTrip(ctx, dial, "udp", query, packet)
	if err == nil && reply.Truncated {
		reply, err = roundTrip(ctx, dial, "tcp", query, packet)
	}
	return reply, err
}

func roundTrip(ctx context.Context, dial dialer, network string, query *dns.Msg, packet []byte) (*dns.Msg, error) {
	conn, err := dial(ctx, network)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", network, orDone(ctx, err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(longAgo) })()
	transfer := overUDP
	if network == "tcp" {
		transfer = overTCP
	}
	reply, err := transfer(conn, query, packet)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", network, orDone(ctx, err))
	}
	return reply, nil
}

// orDone prefers the reason why a context ended over what that did to a
// connection.
func orDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// A dialer that keeps the deadline itself may be a moment ahead.
	if deadline, ok := ctx.Deadline(); ok && isTimeout(err) && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return err
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func overUDP(conn net.Conn, query *dns.Msg, packet []byte) (*dns.Msg, error) {
	if _, err := conn.Write(packet); err != nil {
		return nil, err
	}
	buffer := make([]byte, 4096)
	for range maxStray {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, err
		}
		// Late, forged or damaged: the true reply may still come.
		if reply := new(dns.Msg); reply.Unpack(buffer[:n]) == nil && belongs(reply, query) {
			return reply, nil
		}
	}
	return nil, fmt.Errorf("%d datagrams, none of them the reply", maxStray)
}

func overTCP(conn net.Conn, query *dns.Msg, packet []byte) (*dns.Msg, error) {
	if err := writeFrame(conn, packet); err != nil {
		return nil, err
	}
	frame, err := readFrame(conn)
	if err != nil {
		return nil, err
	}
	reply := new(dns.Msg)
	if err := reply.Unpack(frame); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if !belongs(reply, query) {
		return nil, errors.New("reply to another question")
	}
	return reply, nil
}

// belongs says whether a message is the reply to a query.
func belongs(reply, query *dns.Msg) bool {
	if !reply.Response || reply.Id != query.Id || reply.Opcode != query.Opcode {
		return false
	}
	if len(reply.Question) == 0 {
		// A server that could not read the question cannot repeat it.
		return reply.Rcode == dns.RcodeFormatError || reply.Rcode == dns.RcodeNotImplemented
	}
	got, want := reply.Question[0], query.Question[0]
	return len(reply.Question) == 1 && got.Qtype == want.Qtype && got.Qclass == want.Qclass &&
		strings.EqualFold(got.Name, want.Name) && sameSubnet(reply, query)
}
