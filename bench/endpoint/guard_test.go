package endpoint_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rung/bench/endpoint"
)

// book is a resolver; a name's addresses may change with every question.
type book struct {
	answers map[string][][]string
	asked   atomic.Int64
}

func (b *book) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	all, known := b.answers[host]
	if !known {
		return nil, fmt.Errorf("no such host %s", host)
	}
	n := int(b.asked.Add(1)) - 1
	var out []netip.Addr
	for _, a := range all[min(n, len(all)-1)] {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

// TestOtherHostsAreRefused attacks addresses kept for documentation; an
// attack that began would take its time-out.
func TestOtherHostsAreRefused(t *testing.T) {
	t.Parallel()
	names := &book{answers: map[string][][]string{"near.example": {{"127.0.0.1"}}, "localhost": {{"127.0.0.1", "192.0.2.7"}}}}
	for _, row := range []struct{ url, allow, want string }{
		{"http://192.0.2.1/", "", "--allow-host 192.0.2.1"},
		{"http://[2001:db8::1]:8080/", "", "--allow-host 2001:db8::1"},
		{"http://[::ffff:192.0.2.1]/", "", "--allow-host 192.0.2.1"},
		{"http://0.0.0.0:8080/", "", "--allow-host 0.0.0.0"},
		{"http://near.example/", "", "--allow-host near.example"},
		{"http://near.example/", "127.0.0.1", "--allow-host near.example"}, // the exact host is allowed, not where another leads
		{"http://localhost.example/", "", "--allow-host localhost.example"},
		{"http://127.1/", "", "--allow-host 127.1"},
		{"http://NEAR.example./", "other.example", "--allow-host near.example"},
		{"http://localhost/", "", "localhost (192.0.2.7)"}, // a part of it elsewhere
		{"http://a.localhost/", "", "a.localhost (192.0.2.7)"},
	} {
		cfg := config(t, row.url, "")
		cfg.Resolver, cfg.Plan = names, constant(t, 1, time.Hour)
		if row.allow != "" {
			cfg.AllowHosts = []string{row.allow}
		}
		run, err := endpoint.Attack(t.Context(), cfg)
		if !errors.Is(err, endpoint.ErrHost) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error %v, want %q in it", row.url, err, row.want)
		}
		if len(run.Stages) != 0 {
			t.Errorf("%s: there is a result", row.url)
		}
		if asked := names.asked.Swap(0); asked > 0 && !strings.Contains(row.want, "localhost (") {
			t.Errorf("%s: %d questions about a host that is refused by its name", row.url, asked)
		}
	}
}

// TestLocalNames attacks names under localhost, of which the resolver knows
// only localhost itself.
func TestLocalNames(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "LOCALHOST.", "shop.localhost"} {
		cfg := config(t, "http://"+host+":"+u.Port(), "")
		cfg.Resolver, cfg.Plan = &book{answers: map[string][][]string{"localhost": {{"127.0.0.1"}}}}, constant(t, 100, 100*time.Millisecond)
		run, err := endpoint.Attack(t.Context(), cfg)
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if total := run.Stages[0].Common.Total; total.OK != 10 {
			t.Errorf("%s: %d of 10 answered well", host, total.OK)
		}
	}
}

func TestOneRefusedTargetRefusesAll(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	cfg := config(t, s.URL, "")
	cfg.Targets = append(cfg.Targets, endpoint.Target{URL: "http://192.0.2.1/"})
	if _, err := endpoint.Attack(t.Context(), cfg); !errors.Is(err, endpoint.ErrHost) {
		t.Errorf("error %v", err)
	}
}

// TestNamesArePinned has an allowed name that leads elsewhere from the second
// question on, and one of which only the second address answers.
func TestNamesArePinned(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name    string
		answers [][]string
		hosts   int
	}{
		{"moving.example", [][]string{{"127.0.0.1"}, {"192.0.2.1"}}, 1},
		{"two.example", [][]string{{"127.0.0.9", "127.0.0.1"}}, 2},
	} {
		names := &book{answers: map[string][][]string{row.name: row.answers}}
		cfg := config(t, "http://"+row.name+":"+u.Port(), "")
		cfg.Resolver, cfg.AllowHosts, cfg.NoKeepAlive, cfg.Plan = names, []string{row.name}, true, constant(t, 100, 200*time.Millisecond)
		run, err := endpoint.Attack(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if total := run.Stages[0].Common.Total; total.OK != 20 || names.asked.Load() != 1 || len(run.Endpoint.Hosts) != row.hosts {
			t.Errorf("%s: %d ok, %d lookups, hosts %v", row.name, total.OK, names.asked.Load(), run.Endpoint.Hosts)
		}
	}
}

func TestWrongAllowedHosts(t *testing.T) {
	t.Parallel()
	s := serve(t, ok)
	for _, host := range []string{"", "http://a.example", "*.example", "a b"} {
		cfg := config(t, s.URL, "")
		cfg.AllowHosts = []string{host}
		if _, err := endpoint.Attack(t.Context(), cfg); !errors.Is(err, endpoint.ErrConfig) {
			t.Errorf("%q: %v", host, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var visits atomic.Int64
	s := serve(t, ok)
	s.Config.Handler = redirect("http://192.0.2.1/", &visits)
	cfg := config(t, s.URL, "")
	cfg.Plan = constant(t, 100, 200*time.Millisecond)
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if total := run.Stages[0].Common.Total; total.OK != 20 || visits.Load() != 20 {
		t.Errorf("%d ok, %d visits", total.OK, visits.Load())
	}
	if warnings := strings.Join(run.Stages[0].Common.Warnings, "\n"); !strings.Contains(warnings, "20 of 20 answers were redirects") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestPasswordsStayOut(t *testing.T) {
	t.Parallel()
	var authorised atomic.Int64
	s := serve(t, ok)
	s.Config.Handler = basic("someone", "s3cret", &authorised)
	cfg := config(t, strings.Replace(s.URL, "http://", "http://someone:s3cret@", 1), "")
	cfg.Plan = constant(t, 100, 100*time.Millisecond)
	run, err := endpoint.Attack(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if authorised.Load() != 10 {
		t.Errorf("%d of 10 requests were authorised", authorised.Load())
	}
	if text := marshal(t, run); strings.Contains(text, "s3cret") {
		t.Error("the password is in the run")
	}
	cfg.Targets[0].URL = "ftp://someone:s3cret@127.0.0.1/"
	if _, err := endpoint.Attack(t.Context(), cfg); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v", err)
	}
}
