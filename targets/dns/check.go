package dns

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// Bounds of the answer to a health check.
const (
	maxHead          = 16 << 10 // bytes of its head
	maxInformational = 5        // heads of status 1xx before it
)

// check asks a role for its health, once. A status of 200 to 499 is success:
// whoever answers so serves.
func (w *watch) check(ctx context.Context, role string) error {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	conn, err := w.dial(ctx, role)
	if err != nil {
		return fmt.Errorf("dial: %w", orDone(ctx, err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(longAgo) })()
	status, err := statusOf(conn, role)
	if err != nil {
		return fmt.Errorf("GET /healthz: %w", orDone(ctx, err))
	}
	if status < 200 || status > 499 {
		return fmt.Errorf("GET /healthz: status %d", status)
	}
	return nil
}

// statusOf asks for /healthz and reads the head of the answer. The body stays
// unread: the connection is closed after.
func statusOf(conn net.Conn, role string) (int, error) {
	request := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/healthz"}, Host: role, Close: true,
		Header: http.Header{"User-Agent": {"rung nameserver"}}}
	if err := request.Write(conn); err != nil {
		return 0, err
	}
	head := bufio.NewReader(io.LimitReader(conn, maxHead))
	for range maxInformational {
		answer, err := http.ReadResponse(head, request)
		if err != nil {
			return 0, err
		}
		if answer.StatusCode >= 200 || answer.StatusCode == http.StatusSwitchingProtocols {
			return answer.StatusCode, nil
		}
	}
	return 0, fmt.Errorf("%d informational answers and no final one", maxInformational)
}
