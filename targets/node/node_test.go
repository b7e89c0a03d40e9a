package node_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/node"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talk runs a node in-process and speaks the contract with it.
type talk struct {
	t       *testing.T
	stdin   io.WriteCloser
	replies *bufio.Scanner
	ended   chan error
	next    int
}

func begin(t *testing.T, spec targets.Spec) *talk {
	t.Helper()
	in, stdin := io.Pipe()
	out, stdout := io.Pipe()
	c := &talk{t: t, stdin: stdin, replies: bufio.NewScanner(out), ended: make(chan error, 1)}
	go func() {
		err := node.Run(context.Background(), in, stdout, io.Discard)
		stdout.Close()
		c.ended <- err
	}()
	c.line(spec)
	return c
}

func (c *talk) line(v any) {
	c.t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.stdin.Write(append(data, '\n')); err != nil {
		c.t.Fatal(err)
	}
}

func (c *talk) reply() targets.Reply {
	c.t.Helper()
	if !c.replies.Scan() {
		c.t.Fatalf("the node ended instead of replying: %v", <-c.ended)
	}
	var r targets.Reply
	if err := json.Unmarshal(c.replies.Bytes(), &r); err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *talk) ask(command targets.Command) targets.Reply {
	c.t.Helper()
	c.next++
	command.ID = c.next
	c.line(command)
	r := c.reply()
	if r.ID != c.next {
		c.t.Fatalf("reply %d to command %d", r.ID, c.next)
	}
	return r
}

// end closes stdin and wants the node to end by itself.
func (c *talk) end() {
	c.t.Helper()
	c.stdin.Close()
	select {
	case err := <-c.ended:
		if err != nil {
			c.t.Errorf("after stdin closed: %v", err)
		}
	case <-time.After(20 * time.Second):
		c.t.Fatal("the node goes on after stdin closed")
	}
}

func nameserver(t *testing.T) targets.Spec {
	return targets.Spec{Topology: "test", TimeScale: 1, Address: "127.0.0.1", Directory: t.TempDir(), Node: targets.Node{Name: "root",
		Roles: []targets.Role{{Name: "root", Kind: targets.KindNameserver, Nameserver: &targets.Nameserver{Zone: "."}}}}}
}

func TestConversation(t *testing.T) {
	c := begin(t, nameserver(t))
	first := c.reply()
	e, ok := first.Endpoints["root"]
	if first.ID != 0 || !ok || e.Node != "root" || e.Kind != targets.KindNameserver {
		t.Fatalf("first reply is %+v", first)
	}
	conn, err := net.Dial("tcp", e.Address)
	if err != nil {
		t.Fatalf("the address is not listened on: %v", err)
	}
	conn.Close()
	if r := c.ask(targets.Command{Do: targets.DoServe, Endpoints: first.Endpoints}); r.Error != "" {
		t.Errorf("serve: %s", r.Error)
	}
	for _, row := range []struct {
		name, want string
		command    targets.Command
	}{
		{"serve twice", "already serving", targets.Command{Do: targets.DoServe}},
		{"an unknown command", "unknown command", targets.Command{Do: "dance"}},
		{"a role that is not here", "does not run here", targets.Command{Do: targets.DoWarm, Role: "db"}},
		{"a role that cannot", "cannot", targets.Command{Do: targets.DoWarm, Role: "root"}},
		{"a wire that is not there", "no link", targets.Command{Do: targets.DoImpair, To: "moon"}},
		{"an impossible impairment", "loss", targets.Command{Do: targets.DoImpair, To: "root", Impairment: targets.Impairment{Loss: 2}}},
	} {
		if r := c.ask(row.command); !strings.Contains(r.Error, row.want) {
			t.Errorf("%s: error %q, want %q in it", row.name, r.Error, row.want)
		}
	}
	if r := c.ask(targets.Command{Do: targets.DoMetrics}); r.Metrics == nil || r.Metrics.Roles["root"] == nil {
		t.Errorf("metrics: %+v", r)
	}
	c.end()
}

func TestNodeEndsWhenItIsNotToldToServe(t *testing.T) {
	c := begin(t, nameserver(t))
	c.reply()
	c.end()
}

func TestBadBeginnings(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := nameserver(t)
	busy.Node.Roles[0].Port = taken.Addr().(*net.TCPAddr).Port
	busyLine, err := json.Marshal(busy)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, stdin, want string }{
		{"nothing", "", "EOF"},
		{"no JSON", "hello\n", "not what was agreed"},
		{"a line that is cut off", `{"topology": "x"`, "EOF"},
		{"a port that is taken", string(busyLine) + "\n", "another program holds this port"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := node.Run(t.Context(), strings.NewReader(row.stdin), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
}

// FuzzConversation feeds a node arbitrary lines: it must answer or end, and
// never panic or hang. The specification has no roles, so nothing is listened
// on.
func FuzzConversation(f *testing.F) {
	f.Add([]byte(`{"node":{"name":"n"}}` + "\n" + `{"id":1,"do":"metrics"}` + "\n"))
	f.Add([]byte(`{"node":{"name":"n"}}` + "\n" + `{"id":1,"do":"impair","to":"n","impairment":{"loss_ratio":1}}` + "\n"))
	f.Add([]byte("{}\n{}\n"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		first, rest, _ := strings.Cut(string(lines), "\n")
		var spec targets.Spec
		if json.Unmarshal([]byte(first), &spec) != nil || len(spec.Node.Roles) > 0 || len(spec.Links) > 20 {
			return
		}
		spec.Node.Machine = targets.Machine{}
		line, err := json.Marshal(spec)
		if err != nil {
			return
		}
		node.Run(t.Context(), strings.NewReader(string(line)+"\n"+rest), io.Discard, io.Discard) // any error will do
	})
}
