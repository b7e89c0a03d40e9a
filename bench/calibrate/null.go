package calibrate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	// startTimeout bounds the start of a null server's process, stopTimeout
	// its end.
	startTimeout = 10 * time.Second
	stopTimeout  = 5 * time.Second
	// maxAddress is the longest first line of a null server, in bytes.
	maxAddress = 256
)

// Null is a server on loopback that answers every request with 204 and does
// nothing else, by HTTP/1.1 and by HTTP/2 in clear. Its methods are safe for concurrent use.
type Null struct {
	// URL is its base, "http://127.0.0.1:port".
	URL string
	// Own says that it runs in this process and shares its time with the
	// generator: a ceiling measured against it is a lower bound.
	Own bool

	once sync.Once
	stop func() error
	err  error
}

// Close ends the server. A second call returns what the first one did.
func (n *Null) Close() error {
	n.once.Do(func() { n.err = n.stop() })
	return n.err
}

// ServeNull is the whole of a null server's process: it writes its address as
// one line to out, serves, and returns when in ends or ctx does.
func ServeNull(ctx context.Context, in io.Reader, out io.Writer) error {
	n, err := OwnNull()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, n.URL); err != nil {
		return errors.Join(fmt.Errorf("null server: tell the address: %w", err), n.Close())
	}
	ended := make(chan struct{})
	go func() { // ends with in, at the latest with the process
		_, _ = io.Copy(io.Discard, in)
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return n.Close()
}

// OwnNull starts a null server in this process.
func OwnNull() (*Null, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("null server: %w", err)
	}
	both := new(http.Protocols)
	both.SetHTTP1(true)
	both.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Protocols:         both,
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		ReadHeaderTimeout: time.Minute,
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	return &Null{URL: "http://" + l.Addr().String(), Own: true, stop: func() error {
		err := server.Close()
		if serving := <-done; !errors.Is(serving, http.ErrServerClosed) {
			err = errors.Join(err, serving)
		}
		return err
	}}, nil
}

// StartNull starts a command that runs ServeNull, in a process of its own. It
// ends when Close closes its input, or at the latest when this process does.
func StartNull(ctx context.Context, command []string) (*Null, error) {
	if len(command) == 0 {
		return nil, errors.New("null server: no command")
	}
	cmd := exec.Command(command[0], command[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("null server: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("null server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("null server: %w", err)
	}
	n := &Null{stop: func() error {
		in.Close() // its end: nothing to do about an error
		kill := time.AfterFunc(stopTimeout, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("null server: %w", err)
		}
		return nil
	}}
	if n.URL, err = address(ctx, out); err != nil {
		_ = cmd.Process.Kill()
		_ = n.Close() // killed: says nothing new
		return nil, fmt.Errorf("null server: %w", err)
	}
	return n, nil
}

// address reads the line that a null server starts with.
func address(ctx context.Context, out io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	type answer struct {
		line string
		err  error
	}
	read := make(chan answer, 1)
	go func() { // ends with out, which the caller closes by ending the process
		line, err := bufio.NewReader(io.LimitReader(out, maxAddress)).ReadString('\n')
		read <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("it told no address: %w", ctx.Err())
	case a := <-read:
		if a.err != nil {
			return "", fmt.Errorf("it told no address: %w", a.err)
		}
		host, ok := strings.CutPrefix(a.line, "http://")
		if at, _, err := net.SplitHostPort(host); !ok || err != nil || !net.ParseIP(at).IsLoopback() {
			return "", fmt.Errorf("it told the address %q: want http:// and a loopback address", a.line)
		}
		return a.line, nil
	}
}
