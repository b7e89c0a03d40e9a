package dns_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"rung/targets"
	"rung/targets/dns"
)

// regions of the users, and a city inside of one of them.
func regions() []targets.Region {
	return []targets.Region{
		{Name: "eu", Subnet: "127.33.0.0/16"}, {Name: "us", Subnet: "127.34.0.0/16"}, {Name: "city", Subnet: "127.33.128.0/20"},
	}
}

// regionalZone answers www by region, and mail alike for all.
func regionalZone() targets.Nameserver {
	return targets.Nameserver{Zone: "shop.example.", Records: []targets.Record{
		{Name: site, Role: "web", TTL: time.Minute, Regions: map[string][]string{"eu": {"lb-eu"}, "us": {"lb-us", "lb-eu"}, "city": {"lb-city"}}},
		{Name: "mail.shop.example.", Role: "web", TTL: time.Minute},
	}}
}

const (
	euAddress   = "127.70.0.1"
	usAddress   = "127.71.0.1"
	cityAddress = "127.72.0.1"
	webAddress  = "127.53.1.1"
)

func regionalAddresses() map[string]netip.Addr {
	return map[string]netip.Addr{"web": netip.MustParseAddr(webAddress), "lb-eu": netip.MustParseAddr(euAddress),
		"lb-us": netip.MustParseAddr(usAddress), "lb-city": netip.MustParseAddr(cityAddress)}
}

func regional(t *testing.T) *dns.Nameserver {
	t.Helper()
	n, err := dns.NewNameserverWith(regionalZone(), dns.NameserverConfig{Addresses: regionalAddresses(), Regions: regions()})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNameserverAnswersByRegion(t *testing.T) {
	f := newFleet(t, shopIP)
	n := regional(t)
	f.serve(shopIP, n)
	for _, row := range []struct {
		name, subnet, asked, address, echo string
	}{
		{"a user of eu", "127.33.5.0/24", site, euAddress, "127.33.5.0/24/17"}, // the city lies in the other half
		{"beside the city", "127.33.144.0/24", site, euAddress, "127.33.144.0/24/20"},
		{"the city", "127.33.130.0/24", site, cityAddress, "127.33.130.0/24/20"},
		{"one host", "127.33.130.7/32", site, cityAddress, "127.33.130.7/32/20"},
		{"us", "127.34.0.0/16", site, usAddress, "127.34.0.0/16/16"},
		{"less than a region", "127.32.0.0/12", site, webAddress, "127.32.0.0/12/16"},
		{"elsewhere", "127.200.0.0/24", site, webAddress, "127.200.0.0/24/9"},
		{"unknown", "0.0.0.0/0", site, webAddress, "0.0.0.0/0/0"},
		{"ipv6", "2001:db8::/48", site, webAddress, "[2001:db8::]/48/0"},
		{"name without regions", "127.33.5.0/24", "mail.shop.example.", webAddress, "127.33.5.0/24/0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, network := range []string{"udp", "tcp"} {
				reply := f.askOver(network, shopIP, row.asked, mdns.TypeA, from(row.subnet))
				wantAddress(t, reply, row.address, 60)
				if got := subnetOf(reply); got != row.echo {
					t.Errorf("%s: client subnet %s, want %s", network, got, row.echo)
				}
			}
		})
	}
	reply := f.ask(shopIP, "nope.shop.example.", mdns.TypeA, from("127.33.5.0/24"))
	wantRcode(t, reply, mdns.RcodeNameError)
	if got := subnetOf(reply); got != "127.33.5.0/24/0" {
		t.Errorf("no such name: client subnet %s, want scope 0", got)
	}
	wantMetrics(t, n.Metrics(), map[string]float64{"queries_total": 21, "subnet_total": 21, "regional_total": 18, "fail_open_total": 0})
}

// TestNameserverKnowsTheSource: without a client subnet the address of who
// asks counts, and the reply carries none.
func TestNameserverKnowsTheSource(t *testing.T) {
	f := newFleet(t, shopIP)
	f.serve(shopIP, regional(t))
	for local, want := range map[string]string{"127.33.0.9": euAddress, "127.34.0.9": usAddress, "127.33.131.1": cityAddress, "127.0.0.1": webAddress} {
		for _, network := range []string{"udp", "tcp"} {
			client := mdns.Client{Net: network, Timeout: patience, Dialer: &net.Dialer{LocalAddr: localAddress(network, local)}}
			for _, option := range []string{"", "0.0.0.0/0"} {
				query := new(mdns.Msg).SetQuestion(site, mdns.TypeA)
				echo := ""
				if option != "" {
					from(option)(query)
					echo = "0.0.0.0/0/0"
				}
				reply, _, err := client.Exchange(query, f.address(shopIP))
				if err != nil {
					t.Fatal(err)
				}
				wantAddress(t, reply, want, 60)
				if got := subnetOf(reply); got != echo {
					t.Errorf("from %s: client subnet %q, want %q", local, got, echo)
				}
			}
		}
	}
}

func localAddress(network, ip string) net.Addr {
	if network == "udp" {
		return &net.UDPAddr{IP: net.ParseIP(ip)}
	}
	return &net.TCPAddr{IP: net.ParseIP(ip)}
}

// TestMalformedSubnets: RFC 7871 wants them rejected.
func TestMalformedSubnets(t *testing.T) {
	f := newFleet(t, shopIP)
	f.serve(shopIP, regional(t))
	four := net.IPv4(127, 33, 0, 0)
	for _, row := range []struct {
		name    string
		options []mdns.EDNS0
		want    int
	}{
		{"good", []mdns.EDNS0{&mdns.EDNS0_SUBNET{Code: 8, Family: 1, SourceNetmask: 16, Address: four}}, mdns.RcodeSuccess},
		{"dig's way to say nothing", []mdns.EDNS0{&mdns.EDNS0_SUBNET{Code: 8, Family: 0}}, mdns.RcodeSuccess},
		{"scope in a query", []mdns.EDNS0{&mdns.EDNS0_SUBNET{Code: 8, Family: 1, SourceNetmask: 16, SourceScope: 16, Address: four}}, mdns.RcodeFormatError},
		{"unknown family", []mdns.EDNS0{&mdns.EDNS0_LOCAL{Code: 8, Data: []byte{0, 9, 0, 0}}}, mdns.RcodeFormatError},
		{"too many bits", []mdns.EDNS0{&mdns.EDNS0_LOCAL{Code: 8, Data: []byte{0, 1, 33, 0, 127, 0, 0, 0, 1}}}, mdns.RcodeFormatError},
		{"bits beyond the prefix", []mdns.EDNS0{&mdns.EDNS0_LOCAL{Code: 8, Data: []byte{0, 1, 12, 0, 127, 33}}}, mdns.RcodeFormatError},
		{"cut", []mdns.EDNS0{&mdns.EDNS0_LOCAL{Code: 8, Data: []byte{0, 1}}}, mdns.RcodeFormatError},
		{"two of them", []mdns.EDNS0{
			&mdns.EDNS0_SUBNET{Code: 8, Family: 1, SourceNetmask: 16, Address: four},
			&mdns.EDNS0_SUBNET{Code: 8, Family: 1, SourceNetmask: 8, Address: net.IPv4(127, 0, 0, 0)},
		}, mdns.RcodeFormatError},
	} {
		t.Run(row.name, func(t *testing.T) {
			wantRcode(t, f.ask(shopIP, site, mdns.TypeA, func(m *mdns.Msg) {
				m.SetEdns0(1232, false).IsEdns0().Option = row.options
			}), row.want)
		})
	}
}

func TestRegionsAreChecked(t *testing.T) {
	dial := func(context.Context, string) (net.Conn, error) { return nil, errors.New("no wire") }
	health := targets.Health{Interval: time.Second, Timeout: time.Second, Fall: 3, Rise: 2}
	for _, row := range []struct {
		name   string
		change func(spec *targets.Nameserver, cfg *dns.NameserverConfig)
		want   string
	}{
		{"good", func(*targets.Nameserver, *dns.NameserverConfig) {}, ""},
		{"no subnet", func(_ *targets.Nameserver, c *dns.NameserverConfig) { c.Regions[0].Subnet = "" }, "region eu:"},
		{"ipv6", func(_ *targets.Nameserver, c *dns.NameserverConfig) { c.Regions[0].Subnet = "2001:db8::/32" }, "not IPv4"},
		{"twice the same", func(_ *targets.Nameserver, c *dns.NameserverConfig) { c.Regions[0].Subnet = c.Regions[1].Subnet }, "is that of region"},
		{"unknown region", func(_ *targets.Nameserver, c *dns.NameserverConfig) { c.Regions = c.Regions[:2] }, `record www.shop.example.: there is no region "city"`},
		{"role of a region without address", func(s *targets.Nameserver, c *dns.NameserverConfig) { delete(c.Addresses, "lb-us") }, `role "lb-us" has no address`},
		{"backup without address", func(s *targets.Nameserver, _ *dns.NameserverConfig) { s.Records[1].Backup = []string{"x"} }, `role "x" has no address`},
		{"health without dial", func(s *targets.Nameserver, _ *dns.NameserverConfig) { s.Health = health }, "need a way to dial"},
		{"health", func(s *targets.Nameserver, c *dns.NameserverConfig) { s.Health, c.Dial = health, dial }, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			spec, cfg := regionalZone(), dns.NameserverConfig{Addresses: regionalAddresses(), Regions: regions()}
			row.change(&spec, &cfg)
			_, err := dns.NewNameserverWith(spec, cfg)
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}
