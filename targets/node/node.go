package node

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/machine"
	"rung/targets/wire"
)

// maxLine bounds one line of the contract: the pages of a warm command are
// the longest.
const maxLine = 16 << 20

// Node is one running node.
type Node struct {
	spec    targets.Spec
	log     *slog.Logger
	clock   *clock.Clock
	machine *machine.Machine
	sockets map[string]sockets
	links   map[string]*wire.Link

	// directory is told by the serve command, before any role runs.
	directory
	roles    map[string]role
	logs     *logs
	observed observed

	running sync.WaitGroup
	failed  chan error
}

// Run runs the node that stdin describes until stdin closes or ctx is done.
// It returns nil when it was asked to end, and the first error of a role that
// stopped by itself otherwise.
func Run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	commands := bufio.NewReaderSize(stdin, 64<<10)
	var spec targets.Spec
	if err := readLine(commands, &spec); err != nil {
		return fmt.Errorf("read the node's specification: %w", err)
	}
	lines := &logs{stderr: stderr}
	n := &Node{
		spec:   spec,
		logs:   lines,
		log:    slog.New(slog.NewJSONHandler(lines, nil)).With("node", spec.Node.Name),
		clock:  clock.New(),
		roles:  map[string]role{},
		failed: make(chan error, len(spec.Node.Roles)+1),
	}
	defer n.clock.Close()
	n.machine = machine.New(n.clock, spec.Node.Machine, spec.Seed)
	n.links = openLinks(n.clock, spec)
	if err := n.listen(ctx); err != nil {
		n.closeSockets()
		return err
	}
	return n.obey(ctx, commands, stdout)
}

// obey answers commands until stdin closes.
func (n *Node) obey(ctx context.Context, lines *bufio.Reader, stdout io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer n.closeRoles()
	defer cancel()

	replies := &replies{to: json.NewEncoder(stdout)}
	if err := replies.Encode(targets.Reply{Endpoints: n.listening()}); err != nil {
		return fmt.Errorf("tell the addresses: %w", err)
	}
	commands := make(chan targets.Command)
	ended := make(chan error, 1)
	go func() {
		for {
			var c targets.Command
			if err := readLine(lines, &c); err != nil {
				ended <- err
				return
			}
			select {
			case commands <- c:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-n.failed:
			return err
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case c := <-commands:
			if waits(c.Do) {
				// What waits for requests to end must not keep other commands.
				n.running.Go(func() { replies.Encode(n.carryOut(ctx, c)) }) // a broken pipe ends the node by its other end
				continue
			}
			if err := replies.Encode(n.carryOut(ctx, c)); err != nil {
				return fmt.Errorf("reply to %s: %w", c.Do, err)
			}
		}
	}
}

// replies writes lines, one at a time. It is safe for concurrent use.
type replies struct {
	mu sync.Mutex
	to *json.Encoder
}

// Encode writes a reply.
func (r *replies) Encode(reply targets.Reply) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.to.Encode(reply)
}

// readLine reads one JSON line of at most maxLine bytes.
func readLine(r *bufio.Reader, into any) error {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return fmt.Errorf("line is longer than %d bytes", maxLine)
		}
		switch {
		case err == nil:
			if err := json.Unmarshal(line, into); err != nil {
				return fmt.Errorf("line is not what was agreed: %w", err)
			}
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			return err
		}
	}
}

func openLinks(c *clock.Clock, spec targets.Spec) map[string]*wire.Link {
	links := map[string]*wire.Link{}
	self := targets.Link{From: spec.Node.Name, To: spec.Node.Name}
	for i, l := range append([]targets.Link{self}, spec.Links...) {
		links[l.To] = wire.NewLink(c, l, spec.Seed+uint64(i)).From(spec.Address)
	}
	return links
}

// dial connects to a role over the wire to its node.
func (n *Node) dial(ctx context.Context, network, role string) (net.Conn, error) {
	e, ok := n.endpoint(role)
	if !ok {
		return nil, fmt.Errorf("dial %s: there is no such role", role)
	}
	link, ok := n.links[e.Node]
	if !ok {
		return nil, fmt.Errorf("dial %s: no link from %s to %s", role, n.spec.Node.Name, e.Node)
	}
	return link.DialContext(ctx, network, e.Address)
}
