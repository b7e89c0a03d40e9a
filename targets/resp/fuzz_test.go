package resp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"rung/targets/resp"
)

// FuzzServe sends any bytes to a server. It must answer with whole replies, close
// the connection, and stay alive for the next one. The socket is one of the file
// system, so that fuzzing does not use up the machine's ports.
func FuzzServe(f *testing.F) {
	for _, seed := range []string{
		"", "PING\r\n", "*1\r\n$4\r\nPING\r\n", "*2\r\n$4\r\nECHO\r\n$3\r\na\r\n\r\n",
		"*9223372036854775807\r\n", "*1\r\n$9223372036854775807\r\n", "*1\r\n$9223372036854775800\r\nx",
		"*-1\r\n", "\r\n\r\n \r\n", "ECHO \"a\\\"b\" 'c'\r\n", "\"\r\n", "*1\r\n$-1\r\n", "QUIT\r\nPING\r\n",
		"HELLO 3 SETNAME x\r\n", "CLIENT\r\n", "$5\r\nhello\r\n", "*3\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n", "\x00\xff*",
	} {
		f.Add([]byte(seed))
	}
	l, err := net.Listen("unix", filepath.Join(f.TempDir(), "s"))
	if err != nil {
		f.Fatal(err)
	}
	s := resp.New("fuzz", echo, resp.Limits{Arguments: 16, Argument: 4096, Command: 8192, Inline: 1024}, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	f.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			f.Errorf("Serve: %v", err)
		}
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bufio.NewReader(strings.NewReader(talk(t, l.Addr(), string(data))))
		for {
			if err := readReply(in, 0); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if got := talk(t, l.Addr(), "PING\r\n"); got != "+PONG\r\n" {
			t.Fatalf("afterwards PING is answered %q", got)
		}
	})
}

// readReply reads one RESP2 reply; io.EOF means that there is none.
func readReply(in *bufio.Reader, depth int) error {
	line, err := in.ReadString('\n')
	if err == io.EOF && line == "" && depth == 0 {
		return io.EOF
	}
	if err != nil || !strings.HasSuffix(line, "\r\n") || len(line) < 3 {
		return fmt.Errorf("reply cut short: %q", line)
	}
	text := line[1 : len(line)-2]
	switch line[0] {
	case '+', '-':
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("no number in %q", line)
	}
	switch line[0] {
	case ':':
		return nil
	case '$':
		if n < 0 {
			return nil
		}
		body := make([]byte, n+2)
		if _, err := io.ReadFull(in, body); err != nil || string(body[n:]) != "\r\n" {
			return fmt.Errorf("bulk of %d cut short: %q", n, body)
		}
		return nil
	case '*':
		for range n {
			if err := readReply(in, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no type in %q", line)
}
