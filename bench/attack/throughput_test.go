package attack_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"rung/bench"
	"rung/bench/attack"
	"rung/targets/clock"
)

// vegetaEnv is where vegeta's command line is, if not in PATH.
const vegetaEnv = "RUNG_TEST_VEGETA"

// flatWorkers of every generator in the comparison.
const flatWorkers = 64

// BenchmarkThroughput is the most requests per second of vegeta's command
// line, of this package on net/http's transport and of this package on its
// own. They take turns of some seconds on the same null server in another
// process, which counts, so that what else the machine does is spread over
// all. CPU times are per request, of generator and of server.
//
//	go test -run '^$' -bench Throughput -benchtime 5x ./bench/attack
func BenchmarkThroughput(b *testing.B) {
	for _, kind := range []string{"epoll", "net/http"} {
		b.Run("server="+kind, func(b *testing.B) { compare(b, startNull(b, kind)) })
	}
}

type contender struct {
	name string
	turn func(b *testing.B, url string) (took, cpu time.Duration)
	// Sums over the turns.
	requests          int64
	took, own, server time.Duration
}

func compare(b *testing.B, null nullServer) {
	c := clock.New()
	defer c.Close()
	fast, standard := attack.NewFast(nil, flatWorkers, nil), attack.NewTransport(nil, flatWorkers)
	defer fast.CloseIdleConnections()
	defer standard.CloseIdleConnections()
	for _, transport := range []http.RoundTripper{fast, standard} {
		if err := attack.Warm(context.Background(), &http.Client{Transport: transport}, null.url, flatWorkers); err != nil {
			b.Fatal(err)
		}
	}
	contenders := []*contender{
		{name: "fast", turn: flatOut(c, fast)},
		{name: "standard", turn: flatOut(c, standard)},
	}
	if path := vegetaPath(); path != "" {
		contenders = append(contenders, &contender{name: "vegeta", turn: commandLine(path)})
	} else {
		b.Logf("SKIPPED: no vegeta command line in PATH or %s: nothing to compare with", vegetaEnv)
	}
	for b.Loop() {
		for _, g := range contenders {
			before, used := null.answered(b), cpu(b, null.pid)
			took, own := g.turn(b, null.url)
			g.requests += null.answered(b) - before
			g.server += cpu(b, null.pid) - used
			g.took += took
			g.own += own
		}
	}
	rates := map[string]float64{}
	for _, g := range contenders {
		rates[g.name] = float64(g.requests) / g.took.Seconds()
		b.ReportMetric(rates[g.name], g.name+"-requests/s")
		b.ReportMetric(float64(g.own.Microseconds())/float64(g.requests), g.name+"-cpu-us/request")
		b.ReportMetric(float64(g.server.Microseconds())/float64(g.requests), g.name+"-server-cpu-us/request")
	}
	if rates["vegeta"] > 0 {
		b.ReportMetric(rates["fast"]/rates["vegeta"], "fast/vegeta")
		b.ReportMetric(rates["standard"]/rates["vegeta"], "standard/vegeta")
	}
	b.ReportMetric(0, "ns/op")
}

func vegetaPath() string {
	if path := os.Getenv(vegetaEnv); path != "" {
		return path
	}
	path, err := exec.LookPath("vegeta")
	if err != nil {
		return ""
	}
	return path
}

// commandLine runs vegeta without a rate. Its results, encoded, go nowhere.
func commandLine(path string) func(*testing.B, string) (took, cpu time.Duration) {
	return func(b *testing.B, url string) (took, cpu time.Duration) {
		const duration = 2 * time.Second
		cmd := exec.Command(path, "attack", "-rate=0", "-max-workers=64", "-duration="+duration.String(), "-output="+os.DevNull)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		go func() { defer stdin.Close(); io.WriteString(stdin, "GET "+url+"/\n") }()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("vegeta: %v: %s", err, out)
		}
		return duration, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
}

// flatOut runs an attack whose requests are all due at once.
func flatOut(c *clock.Clock, transport http.RoundTripper) func(*testing.B, string) (took, cpu time.Duration) {
	client := &http.Client{Transport: transport}
	return func(b *testing.B, url string) (took, cpu time.Duration) {
		gen, err := attack.Run(context.Background(), attack.Config{
			Client: client, BaseURL: url, Clock: c, MaxWorkers: flatWorkers, Timeout: time.Minute,
		}, still("/"), constant(b, 1e6, 100*time.Millisecond), func(s *bench.Sample) {
			if s.Outcome != bench.OK {
				b.Errorf("request %d: %s", s.Seq, s.Cause)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		return gen.Wall, gen.CPU
	}
}

// still is a source of one GET that observes nothing.
type still string

func (still) Operations() []string { return []string{"get"} }

func (s still) Request(uint64) bench.Request {
	return bench.Request{Method: http.MethodGet, Path: string(s)}
}

func (still) Observe(uint64, bench.Request, int, http.Header) {}
