package launch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"rung/targets"
)

// process is one node process and the conversation with it. It is safe for
// concurrent use.
type process struct {
	node  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	log   io.WriteCloser
	tail  *tail

	mu      sync.Mutex
	next    int
	waiting map[int]chan targets.Reply

	first chan targets.Reply // the addresses
	done  chan struct{}      // closed when the process has ended
	err   error              // how, valid after done
}

// start runs a node process and hands it its specification. The log is closed
// when the process ends.
func start(spawn func(*exec.Cmd) error, command []string, spec targets.Spec, log io.WriteCloser) (*process, error) {
	p := &process{node: spec.Node.Name, log: log, tail: &tail{}, waiting: map[int]chan targets.Reply{},
		first: make(chan targets.Reply, 1), done: make(chan struct{})}
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Stderr = io.MultiWriter(log, p.tail)
	p.cmd.SysProcAttr = orphanAttributes()
	p.cmd.Env = environment(spec.Node.Machine, os.Environ())
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", p.node, err)
	}
	p.stdin = stdin
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", p.node, err)
	}
	if err := spawn(p.cmd); err != nil {
		return nil, fmt.Errorf("node %s: start %s: %w", p.node, command[0], err)
	}
	go p.listen(stdout)
	if err := p.send(spec); err != nil {
		p.kill()
		return nil, fmt.Errorf("node %s: hand over its specification: %w", p.node, p.why(err))
	}
	return p, nil
}

// listen reads replies until the process ends, and then reaps it.
func (p *process) listen(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(make([]byte, 64<<10), 16<<20)
	for lines.Scan() {
		var r targets.Reply
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			continue // not of the contract; the node's own log says more
		}
		p.deliver(r)
	}
	err := p.cmd.Wait()
	p.mu.Lock()
	p.err = err
	p.waiting = nil
	p.mu.Unlock()
	p.log.Close()
	close(p.done)
}

func (p *process) deliver(r targets.Reply) {
	if r.ID == 0 {
		select {
		case p.first <- r:
		default:
		}
		return
	}
	p.mu.Lock()
	ch := p.waiting[r.ID]
	delete(p.waiting, r.ID)
	p.mu.Unlock()
	if ch != nil {
		ch <- r
	}
}

// addresses waits until the node listens.
func (p *process) addresses(ctx context.Context) (map[string]targets.Endpoint, error) {
	select {
	case r := <-p.first:
		return r.Endpoints, nil
	case <-p.done:
		return nil, fmt.Errorf("node %s ended before it listened: %w", p.node, p.why(p.err))
	case <-ctx.Done():
		return nil, fmt.Errorf("node %s does not listen: %w", p.node, ctx.Err())
	}
}

// call sends a command and waits for its reply.
func (p *process) call(ctx context.Context, c targets.Command) (targets.Reply, error) {
	ch := make(chan targets.Reply, 1)
	p.mu.Lock()
	if p.waiting == nil {
		p.mu.Unlock()
		return targets.Reply{}, fmt.Errorf("node %s: %s: %w", p.node, c.Do, errEnded)
	}
	p.next++
	c.ID = p.next
	p.waiting[c.ID] = ch
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.waiting, c.ID)
		p.mu.Unlock()
	}()
	sent := make(chan error, 1)
	go func() { sent <- p.send(c) }() // a stopped node may not read
	for {
		select {
		case err := <-sent:
			if err != nil {
				return targets.Reply{}, fmt.Errorf("node %s: %s: %w", p.node, c.Do, err)
			}
			sent = nil
		case r := <-ch:
			if r.Error != "" {
				return r, fmt.Errorf("node %s: %s", p.node, r.Error)
			}
			return r, nil
		case <-p.done:
			return targets.Reply{}, fmt.Errorf("node %s: %s: %w", p.node, c.Do, p.why(errEnded))
		case <-ctx.Done():
			return targets.Reply{}, fmt.Errorf("node %s: %s: %w", p.node, c.Do, ctx.Err())
		}
	}
}

var errEnded = errors.New("the process has ended")

func (p *process) send(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = p.stdin.Write(append(line, '\n'))
	return err
}

func (p *process) signal(s syscall.Signal) error {
	select {
	case <-p.done:
		return fmt.Errorf("node %s: %w", p.node, errEnded)
	default:
	}
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("node %s: %w", p.node, err)
	}
	return nil
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill() {
	p.cmd.Process.Kill() // an error means that it is gone already
	<-p.done
}

// end asks the process to end by closing its stdin, and kills it after grace.
func (p *process) end(grace time.Duration) {
	p.stdin.Close()
	p.cmd.Process.Signal(syscall.SIGCONT) // a stopped one could not notice
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.kill()
	}
}

// why adds the last words of the node's log to an error.
func (p *process) why(err error) error {
	if words := p.tail.String(); words != "" {
		return fmt.Errorf("%w; its last words: %s", err, words)
	}
	return err
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

const tailBytes = 2 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, b...)
	if len(t.data) > tailBytes {
		t.data = bytes.Clone(t.data[len(t.data)-tailBytes:])
	}
	return len(b), nil
}

// String returns the last line or two.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.data)), "\n")
	return strings.Join(lines[max(0, len(lines)-2):], " | ")
}
