package configs

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"rung/bench"
	"rung/targets"
)

// Workload is a workload file: what users do, and what each operation costs
// the tiers that serve it.
type Workload struct {
	bench.Workload
	// AssetSizes are the sizes of the static files in bytes.
	AssetSizes []int
	// Demands of the application by tier.
	Web      map[targets.Operation]targets.Law
	SQL      map[targets.Statement]targets.Law
	KeyValue map[targets.Statement]targets.Law
	Balancer targets.Law
	Cache    targets.Law
	Edge     targets.Law
	Volume   targets.Law
	Queue    targets.Law
	Monitor  targets.Law
}

type workloadFile struct {
	Workload   string  `yaml:"workload"`
	Zipf       float64 `yaml:"zipf_exponent"`
	Arrivals   string  `yaml:"arrivals"`
	Sessions   int     `yaml:"sessions"`
	Timeout    span    `yaml:"timeout"`
	AssetSizes []int   `yaml:"asset_sizes"`
	SLO        struct {
		Quantile float64 `yaml:"quantile"`
		Latency  span    `yaml:"latency"`
		Failures ratio   `yaml:"failures"`
	} `yaml:"slo"`
	Data struct {
		Users         int `yaml:"users"`
		OrdersPerUser int `yaml:"orders_per_user"`
	} `yaml:"data"`
	Mix    map[string]ratio `yaml:"mix"`
	Demand struct {
		Shape    string          `yaml:"shape"`
		CV       float64         `yaml:"cv"`
		Web      map[string]span `yaml:"web"`
		SQL      map[string]span `yaml:"sql"`
		KeyValue map[string]span `yaml:"keyvalue"`
		Balancer span            `yaml:"balancer"`
		Cache    span            `yaml:"cache"`
		Edge     span            `yaml:"edge"`
		Volume   span            `yaml:"volume"`
		Queue    span            `yaml:"queue"`
		Monitor  span            `yaml:"monitor"`
	} `yaml:"demand"`
}

func (d document) workload() (Workload, error) {
	var f workloadFile
	if err := d.into(&f); err != nil {
		return Workload{}, err
	}
	law := func(s span) targets.Law {
		return targets.Law{Shape: targets.Shape(f.Demand.Shape), Mean: s.duration(), CV: f.Demand.CV}
	}
	w := Workload{AssetSizes: f.AssetSizes, Balancer: law(f.Demand.Balancer),
		Cache: law(f.Demand.Cache), Edge: law(f.Demand.Edge), Volume: law(f.Demand.Volume),
		Queue: law(f.Demand.Queue), Monitor: law(f.Demand.Monitor),
		Web: laws[targets.Operation](f.Demand.Web, law), SQL: laws[targets.Statement](f.Demand.SQL, law),
		KeyValue: laws[targets.Statement](f.Demand.KeyValue, law)}
	w.Workload = bench.Workload{Name: f.Workload, Exponent: f.Zipf, Arrivals: bench.Arrivals(f.Arrivals),
		Data:   targets.Data{Users: f.Data.Users, OrdersPerUser: f.Data.OrdersPerUser},
		Assets: len(f.AssetSizes), Sessions: f.Sessions, Timeout: f.Timeout.duration(),
		SLO: bench.SLO{Quantile: f.SLO.Quantile, Latency: f.SLO.Latency.duration(), Failures: float64(f.SLO.Failures)}}
	for _, op := range targets.Operations() {
		if share, ok := f.Mix[string(op)]; ok {
			w.Mix = append(w.Mix, bench.Share{Operation: op, Ratio: float64(share)})
		}
	}
	return w, d.checkWorkload(f, w)
}

func laws[K ~string](spans map[string]span, law func(span) targets.Law) map[K]targets.Law {
	out := map[K]targets.Law{}
	for name, s := range spans {
		out[K(name)] = law(s)
	}
	return out
}

func (d document) checkWorkload(f workloadFile, w Workload) error {
	var es Errors
	bad := func(field, problem, allowed string) { es = append(es, d.at(field, problem, allowed)) }
	if f.Workload == "" {
		bad("workload", "the name is missing", "a name")
	}
	if f.Zipf < 0 || f.Zipf > 5 {
		bad("zipf_exponent", fmt.Sprintf("is %v", f.Zipf), "0 to 5")
	}
	if w.Arrivals != bench.ArrivalsConstant && w.Arrivals != bench.ArrivalsPoisson {
		bad("arrivals", fmt.Sprintf("is %q", f.Arrivals), "constant or poisson")
	}
	if f.Sessions < 1 || f.Sessions > 100_000 {
		bad("sessions", fmt.Sprintf("is %d", f.Sessions), "1 to 100000")
	}
	if w.Timeout <= 0 || w.Timeout > time.Minute {
		bad("timeout", fmt.Sprintf("is %v", w.Timeout), "more than 0, at most 1m")
	}
	if q := f.SLO.Quantile; q <= 0 || q >= 1 {
		bad("slo.quantile", fmt.Sprintf("is %v", q), "more than 0, less than 1")
	}
	if w.SLO.Latency <= 0 || w.SLO.Latency > w.Timeout {
		bad("slo.latency", fmt.Sprintf("is %v", w.SLO.Latency), "more than 0, at most the timeout")
	}
	if f.Data.Users < 1 || f.Data.Users > 1_000_000 {
		bad("data.users", fmt.Sprintf("is %d", f.Data.Users), "1 to 1000000")
	}
	if f.Data.OrdersPerUser < 0 || f.Data.OrdersPerUser > 100 {
		bad("data.orders_per_user", fmt.Sprintf("is %d", f.Data.OrdersPerUser), "0 to 100")
	}
	return append(es, slices.Concat(d.checkMix(f), d.checkAssets(f), d.checkDemand(f))...).or()
}

func (d document) checkMix(f workloadFile) (es Errors) {
	sum := 0.0
	for _, op := range slices.Sorted(maps.Keys(f.Mix)) {
		sum += float64(f.Mix[op])
		if !slices.Contains(targets.Operations(), targets.Operation(op)) {
			es = append(es, d.at("mix."+op, "is not an operation", list(targets.Operations())))
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		es = append(es, d.at("mix", fmt.Sprintf("the shares sum to %.4g%%", sum*100), "100%"))
	}
	return es
}

// maxAssets bounds the summed size of the static files in bytes.
const maxAssets = 256 << 20

func (d document) checkAssets(f workloadFile) (es Errors) {
	total := 0
	for i, size := range f.AssetSizes {
		if size < 1 || size > 16<<20 {
			es = append(es, d.at(fmt.Sprintf("asset_sizes[%d]", i), fmt.Sprintf("is %d", size), "1 to 16777216 bytes"))
			continue
		}
		total += size
	}
	if n := len(f.AssetSizes); n < 1 || n > 1000 || total > maxAssets {
		es = append(es, d.at("asset_sizes", fmt.Sprintf("%d files of %d bytes in all", n, total), fmt.Sprintf("1 to 1000 files, at most %d bytes in all", maxAssets)))
	}
	return es
}

func (d document) checkDemand(f workloadFile) (es Errors) {
	law := targets.Law{Shape: targets.Shape(f.Demand.Shape), CV: f.Demand.CV}
	if err := law.Check(); err != nil {
		es = append(es, d.at("demand", err.Error(), ""))
	}
	for _, table := range []struct {
		field   string
		times   map[string]span
		allowed []string
	}{
		{"web", f.Demand.Web, words(targets.Operations())},
		{"sql", f.Demand.SQL, words([]targets.Statement{targets.StatementRead, targets.StatementJoin, targets.StatementWrite})},
		{"keyvalue", f.Demand.KeyValue, words([]targets.Statement{targets.StatementGet, targets.StatementSet})},
		{"", map[string]span{"balancer": f.Demand.Balancer, "cache": f.Demand.Cache, "edge": f.Demand.Edge, "volume": f.Demand.Volume,
			"queue": f.Demand.Queue, "monitor": f.Demand.Monitor}, []string{"balancer", "cache", "edge", "volume", "queue", "monitor"}},
	} {
		for _, name := range slices.Sorted(maps.Keys(table.times)) {
			field := join("demand", join(table.field, name))
			if !slices.Contains(table.allowed, name) {
				es = append(es, d.at(field, "unknown field", list(table.allowed)))
			}
			if mean := table.times[name].duration(); mean > targets.MaxMean {
				es = append(es, d.at(field, fmt.Sprintf("is %v", mean), fmt.Sprintf("at most %v", targets.MaxMean)))
			}
		}
	}
	return es
}

func words[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
