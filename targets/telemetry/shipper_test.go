package telemetry_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rung/targets/telemetry"
)

// gatherer is a monitor that does with each batch what it is told.
type gatherer struct {
	network *pipes
	server  *http.Server

	mu     sync.Mutex
	answer func(batch int) reaction
	posts  []post
	tries  int
}

type post struct {
	node, sender, batch, dropped string
	lines                        []string
}

// reaction is what becomes of a batch: it is kept, and answered with a status,
// or with the end of the connection if that is 0.
type reaction struct {
	keep   bool
	status int
}

var accept = reaction{true, http.StatusOK}

// gather starts one. Everything must be in one bubble of fake time.
func gather(t interface{ Cleanup(func()) }) *gatherer {
	g := &gatherer{network: newPipes(), answer: func(int) reaction { return accept }}
	g.server = &http.Server{Handler: g}
	var serving sync.WaitGroup
	serving.Go(func() { g.server.Serve(g.network) })
	t.Cleanup(func() {
		g.server.Close()
		serving.Wait()
	})
	return g
}

func (g *gatherer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/logs" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	q := r.URL.Query()
	p := post{node: q.Get("node"), sender: q.Get("sender"), batch: q.Get("batch"), dropped: q.Get("dropped")}
	for line := range strings.Lines(string(body)) {
		p.lines = append(p.lines, strings.TrimSuffix(line, "\n"))
	}
	g.mu.Lock()
	reaction := g.answer(g.tries)
	g.tries++
	if reaction.keep {
		g.posts = append(g.posts, p)
	}
	g.mu.Unlock()
	if reaction.status == 0 {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
		return
	}
	w.WriteHeader(reaction.status)
}

func (g *gatherer) react(answer func(try int) reaction) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

// lines are those of all batches, those that came twice left out.
func (g *gatherer) lines() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	seen := map[string]bool{}
	for _, p := range g.posts {
		if id := p.sender + " " + p.batch; !seen[id] {
			seen[id] = true
			out = append(out, p.lines...)
		}
	}
	return out
}

func (g *gatherer) shipper(bytes int) *telemetry.Shipper {
	return telemetry.NewShipper(telemetry.ShipperConfig{Dial: g.network.dial, Node: "n1", Bytes: bytes, Interval: 100 * time.Millisecond})
}

func numbered(from, to int) (lines []string) {
	for i := from; i < to; i++ {
		lines = append(lines, fmt.Sprintf(`{"msg":"%d"}`, i))
	}
	return lines
}

func write(t *testing.T, w io.Writer, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if n, err := io.WriteString(w, l+"\n"); err != nil || n != len(l)+1 {
			t.Fatalf("write: %d, %v", n, err)
		}
	}
}

func check(t *testing.T, s *telemetry.Shipper, want map[string]float64) {
	t.Helper()
	got := s.Metrics()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
}

func TestShipperSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather(t)
		s := g.shipper(0)
		write(t, s, numbered(0, 3)...)
		write(t, s, "", "a\nb", "  ") // several at once, and none
		time.Sleep(150 * time.Millisecond)
		synctest.Wait()
		want := append(numbered(0, 3), "a", "b")
		if got := g.lines(); !slices.Equal(got, want) {
			t.Errorf("lines are %q, want %q", got, want)
		}
		write(t, s, "c")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := g.lines(); !slices.Equal(got, append(want, "c")) {
			t.Errorf("lines after Close are %q", got)
		}
		if len(g.posts) != 2 || g.posts[0].node != "n1" || g.posts[0].sender == "" || g.posts[0].sender != g.posts[1].sender ||
			g.posts[0].batch != "1" || g.posts[1].batch != "2" {
			t.Errorf("batches are %+v", g.posts)
		}
		if g.network.dialled() != 1 {
			t.Errorf("%d connections for one sender", g.network.dialled())
		}
		write(t, s, "late")
		check(t, s, map[string]float64{"lines_total": 6, "sent_total": 6, "dropped_total": 1, "batches_total": 2, "failures_total": 0, "waiting_bytes": 0})
		if err := s.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

// TestShipperAway holds that lines wait while there is no monitor, as many as
// there is room for, the first ones, and that it is not asked all the time.
func TestShipperAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather(t)
		g.network.leave(true)
		all := numbered(10, 30)
		s := g.shipper(10 * (len(all[0]) + 1 + 32))
		write(t, s, all...)
		time.Sleep(time.Minute)
		synctest.Wait()
		// 100 ms doubled up to 5 s: 6 tries in 6.3 s, then one each 5 s.
		if tries := g.network.dialled(); tries < 10 || tries > 18 {
			t.Errorf("%d tries in a minute", tries)
		}
		check(t, s, map[string]float64{"lines_total": 10, "dropped_total": 10, "sent_total": 0, "failures_total": float64(g.network.dialled())})
		g.network.leave(false)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := g.lines(); !slices.Equal(got, all[:10]) {
			t.Errorf("lines are %q", got)
		}
		if g.posts[0].dropped != "10" {
			t.Errorf("the monitor is told of %s lost lines", g.posts[0].dropped)
		}
		write(t, s, "again")
		time.Sleep(150 * time.Millisecond)
		synctest.Wait()
		if got := g.lines(); len(got) != 11 || got[10] != "again" {
			t.Errorf("lines are %q", got)
		}
		s.Close()
	})
}

func TestShipperStatus(t *testing.T) {
	tests := []struct {
		name  string
		first reaction
		kept  int
		want  map[string]float64
	}{
		{"accepted", accept, 1, map[string]float64{"sent_total": 1, "failures_total": 0, "dropped_total": 0}},
		{"refused for good", reaction{false, 400}, 0, map[string]float64{"sent_total": 0, "failures_total": 1, "dropped_total": 1}},
		{"too large", reaction{false, 413}, 0, map[string]float64{"sent_total": 0, "failures_total": 1, "dropped_total": 1}},
		{"busy", reaction{false, 503}, 1, map[string]float64{"sent_total": 1, "failures_total": 1, "dropped_total": 0}},
		{"too many", reaction{false, 429}, 1, map[string]float64{"sent_total": 1, "failures_total": 1, "dropped_total": 0}},
		{"redirected", reaction{false, 302}, 1, map[string]float64{"sent_total": 1, "failures_total": 1, "dropped_total": 0}},
		{"broken", reaction{false, 0}, 1, map[string]float64{"sent_total": 1, "failures_total": 1, "dropped_total": 0}},
		{"answer lost", reaction{true, 0}, 1, map[string]float64{"sent_total": 1, "failures_total": 1, "dropped_total": 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := gather(t)
				g.react(func(try int) reaction {
					if try == 0 {
						return tt.first
					}
					return accept
				})
				s := g.shipper(0)
				write(t, s, "a")
				time.Sleep(time.Second)
				s.Close()
				if got := g.lines(); len(got) != tt.kept {
					t.Errorf("lines are %q", got)
				}
				check(t, s, tt.want)
			})
		})
	}
}

// TestShipperBatches holds that a batch has a bound, and that a full one does
// not wait.
func TestShipperBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather(t)
		s := telemetry.NewShipper(telemetry.ShipperConfig{Dial: g.network.dial, Interval: time.Hour})
		long := strings.Repeat("x", 60<<10)
		write(t, s, long, long, long, long)
		write(t, s, strings.Repeat("y", 64<<10)) // its newline is too much
		synctest.Wait()
		if len(g.posts) != 0 {
			t.Errorf("%d batches at once", len(g.posts))
		}
		write(t, s, long, long)
		synctest.Wait()
		// Whether the sixth line is there when the second batch leaves is a
		// matter of scheduling.
		if got := g.lines(); len(got) < 5 || len(g.posts) < 2 || len(g.posts[0].lines) != 4 {
			t.Errorf("%d lines in %d batches", len(got), len(g.posts))
		}
		s.Close()
		if got := g.lines(); len(got) != 6 || len(g.posts) > 3 {
			t.Errorf("%d lines in %d batches after Close", len(got), len(g.posts))
		}
		check(t, s, map[string]float64{"lines_total": 6, "dropped_total": 1})
	})
}

// TestShipperHangs holds that nothing keeps a node from closing for longer
// than the flush may take, neither a dial nor an answer that does not come.
func TestShipperHangs(t *testing.T) {
	hang := func(ctx context.Context) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	silent := func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		go io.Copy(io.Discard, far) // until near is closed
		return near, nil
	}
	for name, dial := range map[string]func(context.Context) (net.Conn, error){"dial": hang, "answer": silent} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := telemetry.NewShipper(telemetry.ShipperConfig{Dial: dial, Interval: 100 * time.Millisecond})
				write(t, s, "a", "b")
				time.Sleep(time.Second) // within the first try
				begin := time.Now()
				s.Close()
				if took := time.Since(begin); took != 2*time.Second {
					t.Errorf("Close took %v", took)
				}
				check(t, s, map[string]float64{"lines_total": 2, "dropped_total": 2, "sent_total": 0, "waiting_bytes": 0})
			})
		})
	}
}

// TestShipperProperty holds that whatever the monitor does, each line is there
// once and in its order, or counted as dropped.
func TestShipperProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		room := rapid.IntRange(100, 2000).Draw(r, "room")
		reactions := rapid.SliceOfN(rapid.SampledFrom([]reaction{accept, {true, 0}, {true, 500}, {false, 0}, {false, 503}}), 0, 8).
			Draw(r, "reactions")
		writes := rapid.SliceOfN(rapid.IntRange(0, 12), 1, 6).Draw(r, "writes")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 900), len(writes), len(writes)).Draw(r, "pauses")
		synctest.Test(t, func(t *testing.T) {
			g := gather(t)
			g.react(func(try int) reaction {
				if try < len(reactions) {
					return reactions[try]
				}
				return accept
			})
			s := g.shipper(room)
			written := 0
			for i, n := range writes {
				write(t, s, numbered(written, written+n)...)
				written += n
				time.Sleep(time.Duration(pauses[i]) * time.Millisecond)
			}
			time.Sleep(time.Minute)
			s.Close()
			got := g.lines()
			numbers := make([]int, len(got))
			for i, line := range got {
				n, err := strconv.Atoi(strings.Trim(line, `{"msg:}`))
				if err != nil {
					t.Fatalf("line %q", line)
				}
				numbers[i] = n
			}
			if !slices.IsSorted(numbers) || len(slices.Compact(slices.Clone(numbers))) != len(numbers) {
				t.Errorf("lines are %v", numbers)
			}
			m := s.Metrics()
			if int(m["sent_total"]) != len(got) || int(m["sent_total"]+m["dropped_total"]) != written || m["waiting_bytes"] != 0 {
				t.Errorf("%d written, %d there: %v", written, len(got), m)
			}
		})
	})
}

// TestShipperConcurrent is for the race detector: nodes log from everywhere.
func TestShipperConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather(t)
		s := g.shipper(0)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 50 {
					io.WriteString(s, "a\n")
					s.Metrics()
					time.Sleep(10 * time.Millisecond)
				}
			})
		}
		group.Wait()
		s.Close()
		if got := g.lines(); len(got) != 400 {
			t.Errorf("%d lines", len(got))
		}
	})
}
