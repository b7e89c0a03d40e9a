package attack_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// nullEnv makes this test binary a null server in place of a test run: "epoll" or
// "net/http".
const nullEnv = "RUNG_TEST_NULL_SERVER"

// nullServer is a server in a process of its own that does nothing but
// answer and count.
type nullServer struct {
	url string
	pid int
}

// startNull starts a null server, which ends with the benchmark.
func startNull(b testing.TB, kind string) nullServer {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), nullEnv+"="+kind)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); _ = cmd.Wait() })
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatalf("null server: %v", err)
	}
	return nullServer{url: "http://" + strings.TrimSpace(address), pid: cmd.Process.Pid}
}

// cpu is the CPU time that a process has used, to 10 ms.
func cpu(b testing.TB, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skipf("SKIPPED: %v", err)
	}
	// The fields after the name, which may hold spaces: utime and stime are
	// 14 and 15, in 1/100 s.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// answered is how many requests the server has answered.
func (n nullServer) answered(b testing.TB) int64 {
	b.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(n.url + "/count")
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	count, err := strconv.ParseInt(string(body), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return count
}

// hello is the epoll server's answer, as long as that of the other.
var hello = []byte("HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 13\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello, world\n")

// serveNull is the whole life of a null server: until its stdin closes.
func serveNull(kind string) error {
	var answered atomic.Int64
	switch kind {
	case "epoll":
		s, err := newEpollServer(&answered)
		if err != nil {
			return err
		}
		fmt.Println(s.address)
		go s.serve()
	case "net/http":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Println(l.Addr())
		go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/count" {
				fmt.Fprint(w, answered.Load())
				return
			}
			answered.Add(1)
			io.WriteString(w, "hello, world\n")
		}))
	default:
		return fmt.Errorf("null server %q is unknown", kind)
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
