package dns_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestDig lets the field's own tool talk to the servers.
func TestDig(t *testing.T) {
	dig, err := exec.LookPath("dig")
	if err != nil {
		t.Skip("DIG IS NOT INSTALLED: nothing but this package's own client has talked to the servers")
	}
	w, _ := regionalWorld(t)
	for _, row := range []struct {
		name, server string
		args         []string
		want         []string
	}{
		{"referral", rootIP, []string{site, "+norecurse"}, []string{"status: NOERROR", "ANSWER: 0, AUTHORITY: 1", "ns-127-53-0-2.example.", "EDNS: version: 0", "udp: 1232"}},
		{"authority", shopIP, []string{site, "+norecurse"}, []string{"flags: qr aa;", "60\tIN\tA\t127.53.1.1"}},
		{"authority over tcp", shopIP, []string{site, "+norecurse", "+tcp"}, []string{"60\tIN\tA\t127.53.1.1", "(TCP)"}},
		{"without edns", shopIP, []string{site, "+noedns", "+norecurse"}, []string{"60\tIN\tA\t127.53.1.1"}},
		{"start of authority", shopIP, []string{"shop.example", "SOA", "+norecurse"}, []string{"ns-127-53-0-3.shop.example. hostmaster.shop.example. 1 86400 7200 3600000 60"}},
		{"no such name", shopIP, []string{"nope.shop.example", "+norecurse"}, []string{"status: NXDOMAIN", "60\tIN\tSOA"}},
		{"refused", shopIP, []string{"example.org", "+norecurse"}, []string{"status: REFUSED"}},
		{"version", shopIP, []string{"version.bind", "CH", "TXT", "+norecurse"}, []string{"status: REFUSED"}},
		{"unknown edns version", shopIP, []string{site, "+edns=1", "+noednsnegotiation", "+norecurse"}, []string{"status: BADVERS"}},
		{"region", shopIP, []string{site, "+subnet=127.33.0.0/17", "+norecurse"}, []string{"60\tIN\tA\t" + euAddress, "; CLIENT-SUBNET: 127.33.0.0/17/17"}},
		{"another region", shopIP, []string{site, "+subnet=127.34.0.0/16", "+norecurse"}, []string{"60\tIN\tA\t" + usAddress, "; CLIENT-SUBNET: 127.34.0.0/16/16"}},
		{"no region", shopIP, []string{site, "+subnet=0", "+norecurse"}, []string{"60\tIN\tA\t127.53.1.1", "; CLIENT-SUBNET: 0.0.0.0/0/0"}},
		{"region by the resolver", resolverIP, []string{site, "+subnet=127.34.7.0/24"}, []string{"IN\tA\t" + usAddress, "; CLIENT-SUBNET: 127.34.7.0/24/16"}},
		{"recursion", resolverIP, []string{site}, []string{"flags: qr rd ra;", "IN\tA\t127.53.1.1"}},
		{"recursion over tcp", resolverIP, []string{site, "+tcp"}, []string{"flags: qr rd ra;", "IN\tA\t127.53.1.1"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			args := append([]string{"@" + row.server, "-p", strconv.Itoa(w.port), "+tries=1", "+time=15"}, row.args...)
			out, err := exec.CommandContext(t.Context(), dig, args...).CombinedOutput()
			if err != nil {
				t.Fatalf("dig %v: %v\n%s", args, err, out)
			}
			for _, want := range row.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("dig %v: no %q in\n%s", args, want, out)
				}
			}
			if strings.Contains(string(out), "WARNING") {
				t.Errorf("dig %v warns:\n%s", args, out)
			}
		})
	}
}
