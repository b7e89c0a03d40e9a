package rung_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports is the project's import table: what each package may import of the
// project ("rung/" left out, indented by a tab), and which libraries it alone
// may use. An edge that is not here fails the test; so does a line that is no
// longer true.
const imports = `
targets
targets/asset targets
targets/ring
targets/cache targets targets/evict targets/machine targets/resp targets/trace
targets/clock golang.org/x/sys/unix
targets/evict
targets/shop
targets/machine targets targets/clock
targets/wire targets targets/clock golang.org/x/sys/unix
targets/pool targets/evict
targets/resp targets/trace github.com/tidwall/redcon
targets/store targets targets/ring targets/shard targets/shop targets/trace github.com/jackc/pgx/v5 github.com/jackc/pgx/v5/pgconn github.com/jackc/pgx/v5/pgxpool github.com/redis/go-redis/v9 github.com/redis/go-redis/v9/maintnotifications
targets/balancer targets targets/asset targets/machine targets/trace golang.org/x/time/rate
targets/replication targets github.com/klauspost/compress/zstd
targets/scale targets
targets/telemetry targets github.com/prometheus/client_golang/prometheus github.com/prometheus/client_golang/prometheus/promhttp
targets/monitor targets targets/machine targets/telemetry targets/trace
targets/session targets/store
targets/volume targets targets/machine targets/pool targets/store
targets/cdn targets targets/evict targets/machine targets/trace
targets/database targets targets/machine targets/pool targets/replication targets/shop targets/trace github.com/jackc/pgx/v5/pgproto3 modernc.org/libc modernc.org/sqlite modernc.org/sqlite/lib
targets/dns targets targets/evict github.com/miekg/dns
targets/keyvalue targets targets/machine targets/pool targets/resp targets/shop targets/trace go.etcd.io/bbolt
targets/web targets targets/asset targets/machine targets/session targets/store targets/trace
targets/node targets targets/balancer targets/cache targets/cdn targets/clock targets/database targets/dns targets/jobs targets/keyvalue targets/machine targets/monitor targets/queue targets/session targets/shard targets/store targets/telemetry targets/trace targets/volume targets/web targets/wire targets/worker
targets/trace
targets/jobs targets/trace github.com/nats-io/nats.go github.com/nats-io/nats.go/jetstream
targets/queue targets targets/jobs targets/machine github.com/nats-io/nats-server/v2/server
targets/worker targets targets/jobs targets/machine targets/store targets/trace
targets/shard targets targets/ring
targets/reshard targets targets/shard
targets/supervise targets
targets/launch targets targets/clock targets/wire
bench targets
bench/attack bench bench/transport targets/clock github.com/tsenart/vegeta/v12/lib
bench/calibrate bench bench/attack bench/plan bench/record targets/clock
bench/compare bench bench/record
bench/endpoint bench bench/attack bench/calibrate bench/plan bench/record bench/search targets/clock
bench/estimate bench bench/simulate bench/theory targets targets/ring targets/shard targets/shop
bench/ledger bench
bench/numbers bench github.com/klauspost/compress/snappy golang.org/x/sys/unix modernc.org/sqlite
bench/plan bench
bench/record bench github.com/HdrHistogram/hdrhistogram-go
bench/search
bench/sheet
bench/simulate bench targets
bench/sizing bench bench/estimate bench/simulate targets
bench/theory bench
bench/traffic bench targets
bench/transport golang.org/x/net/http/httpguts
bench/run bench bench/attack bench/calibrate bench/estimate bench/ledger bench/plan bench/record bench/search bench/simulate bench/theory bench/traffic targets targets/clock targets/dns targets/evict targets/launch targets/reshard targets/scale targets/shard targets/supervise golang.org/x/sync/semaphore
reports bench
reports/export bench
reports/html bench reports targets github.com/go-echarts/go-echarts/v2/charts github.com/go-echarts/go-echarts/v2/opts
configs bench bench/sheet targets github.com/spf13/pflag github.com/spf13/viper go.yaml.in/yaml/v3
cmd/rung bench bench/calibrate bench/compare bench/endpoint bench/numbers bench/run bench/sheet bench/sizing configs reports reports/export reports/html targets targets/clock targets/launch targets/node targets/supervise targets/telemetry github.com/spf13/cobra github.com/vbauerster/mpb/v8 github.com/vbauerster/mpb/v8/decor golang.org/x/term
`

// TestImportTable holds the direction of data: configs -> topology -> launch
// -> attack -> measurement -> verdict -> report. Targets never import bench,
// roles never one another, only the command imports configs, and each library
// has one home.
func TestImportTable(t *testing.T) {
	want := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(imports)) {
		fields := strings.Fields(line)
		want[fields[0]] = fields[1:]
	}
	got := listed(t)
	for name, edges := range got {
		allowed, known := want[name]
		if !known {
			t.Errorf("package %s is not in the table: it imports %s", name, strings.Join(edges, " "))
			continue
		}
		for _, edge := range edges {
			if !slices.Contains(allowed, edge) {
				t.Errorf("%s imports %s, which the table does not allow", name, edge)
			}
		}
		for _, edge := range allowed {
			if !slices.Contains(edges, edge) {
				t.Errorf("the table lets %s import %s, but it does not", name, edge)
			}
		}
	}
	for name := range want {
		if got[name] == nil {
			t.Errorf("the table has %s, but there is no such package", name)
		}
	}
}

// listed asks the go command for every package and its imports outside the
// standard library. Packages for tests only (named "...test") are left out.
func listed(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	got := map[string][]string{}
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return got
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "rung/")
		if p.ImportPath == "rung" || strings.HasSuffix(name, "test") {
			continue
		}
		got[name] = []string{}
		for _, i := range p.Imports {
			if first, _, _ := strings.Cut(i, "/"); first == "rung" || strings.Contains(first, ".") {
				got[name] = append(got[name], strings.TrimPrefix(i, "rung/"))
			}
		}
	}
}
