package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rung/bench/endpoint"
)

// endpointFlags are shared by "rung attack" and "rung capacity".
type endpointFlags struct {
	targets     string
	method      string
	headers     []string
	body        string
	slo         []string
	timeout     time.Duration
	connections int
	workers     int
	noKeepAlive bool
	http2       bool
	insecure    bool
	roots       string
	certificate string
	key         string
	serverName  string
	allow       []string
	warm        time.Duration
}

func (f *endpointFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.targets, "targets", "t", "", "file of targets in vegeta's http or JSON format (\"-\" is standard input)")
	flags.StringVarP(&f.method, "method", "X", "", "method for URL arguments (default GET, or POST with a body)")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "header for targets without it, \"Name: value\"")
	flags.StringVar(&f.body, "body", "", "body for targets that have none: text, or @FILE")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "time-out of a request, from its start to the end of its body")
	flags.IntVar(&f.connections, "connections", 0, "most connections to a host (0: 512, or 8 with --http2, which carry 100 requests each)")
	flags.IntVar(&f.workers, "workers", 0, "most requests in flight (0: four times what the rate and the time-out need)")
	flags.BoolVar(&f.noKeepAlive, "no-keepalive", false, "a new connection for each request")
	flags.BoolVar(&f.http2, "http2", false, "HTTP/2 (in clear with prior knowledge for http)")
	flags.BoolVar(&f.insecure, "insecure", false, "accept any certificate")
	flags.StringVar(&f.roots, "ca", "", "PEM file of roots to trust")
	flags.StringVar(&f.certificate, "cert", "", "PEM file of a client certificate")
	flags.StringVar(&f.key, "key", "", "PEM file of its key")
	flags.StringVar(&f.serverName, "server-name", "", "name to ask for and verify by TLS")
	flags.StringArrayVar(&f.allow, "allow-host", nil, "a host beside this machine that may be attacked")
	flags.DurationVar(&f.warm, "warm", time.Second, "load before the measurement (0: none)")
	flags.Uint64("seed", 1, "seed of everything random")
	flags.String("out", "", "folder for the results (default runs/attack-<time>)")
}

// endpointConfig makes the attack of flags and arguments.
func (a *app) endpointConfig(f endpointFlags, urls []string, seed uint64) (endpoint.Config, error) {
	cfg := endpoint.Config{Timeout: f.timeout, Connections: f.connections, MaxWorkers: f.workers, NoKeepAlive: f.noKeepAlive,
		HTTP2: f.http2, AllowHosts: f.allow, Warm: f.warm, Seed: seed,
		TLS: endpoint.TLS{ServerName: f.serverName, Insecure: f.insecure}}
	var err error
	if cfg.Targets, err = a.endpointTargets(f, urls); err != nil {
		return cfg, err
	}
	if cfg.Header, err = headersOf(f.headers); err != nil {
		return cfg, err
	}
	if cfg.Body, err = textOrFile(f.body, endpoint.MaxBody); err != nil {
		return cfg, err
	}
	for _, file := range []struct {
		flag, name string
		to         *[]byte
	}{{"ca", f.roots, &cfg.TLS.Roots}, {"cert", f.certificate, &cfg.TLS.Certificate}, {"key", f.key, &cfg.TLS.Key}} {
		if file.name == "" {
			continue
		}
		if *file.to, err = readBounded(file.name, maxPEM); err != nil {
			return cfg, fmt.Errorf("--%s: %w", file.flag, err)
		}
	}
	if cfg.Thresholds, err = endpoint.ParseSLO(strings.Join(f.slo, ",")); err != nil {
		return cfg, err
	}
	command, err := self()
	if err != nil {
		return cfg, err
	}
	cfg.Null = []string{command[0], "null"}
	cfg.Tool, cfg.Commit = version()
	return cfg, nil
}

// maxPEM is the largest certificate file.
const maxPEM = 1 << 20

func (a *app) endpointTargets(f endpointFlags, urls []string) ([]endpoint.Target, error) {
	var targets []endpoint.Target
	method := f.method
	if method == "" && f.body != "" {
		method = http.MethodPost
	}
	for _, u := range urls {
		targets = append(targets, endpoint.Target{Method: method, URL: u})
	}
	if f.targets == "" {
		if len(targets) == 0 {
			return nil, errors.New("nothing to attack: give a URL, or a file of targets with --targets")
		}
		return targets, nil
	}
	in, folder := a.stdin, "."
	if f.targets != "-" {
		file, err := os.Open(f.targets)
		if err != nil {
			return nil, fmt.Errorf("--targets: %w", err)
		}
		defer file.Close()
		in, folder = file, filepath.Dir(f.targets)
	}
	more, err := endpoint.Read(in, func(path string) ([]byte, error) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		return readBounded(path, endpoint.MaxBody)
	})
	if err != nil {
		return nil, fmt.Errorf("--targets %s: %w", f.targets, err)
	}
	return append(targets, more...), nil
}

func headersOf(lines []string) (http.Header, error) {
	out := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("--header %q: allowed is \"Name: value\"", line)
		}
		out.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return out, nil
}

func textOrFile(text string, most int64) ([]byte, error) {
	if name, ok := strings.CutPrefix(text, "@"); ok {
		data, err := readBounded(name, most)
		if err != nil {
			return nil, fmt.Errorf("--body: %w", err)
		}
		return data, nil
	}
	return []byte(text), nil
}

func readBounded(name string, most int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, most)
	}
	return data, nil
}
