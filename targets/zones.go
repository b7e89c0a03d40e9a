package targets

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

func (t Topology) checkNameserver(ps *problems, at string, n Nameserver) {
	checkDomain(ps, at+".zone", n.Zone)
	for i, r := range n.Records {
		field := fmt.Sprintf("%s.records[%d]", at, i)
		checkDomain(ps, field+".name", r.Name)
		if !inside(r.Name, n.Zone) {
			ps.add(field+".name", fmt.Sprintf("a name inside %q", n.Zone), "%q lies outside the zone", r.Name)
		}
		if _, _, ok := t.Role(r.Role); !ok {
			ps.add(field+".role", oneOf(t.roleNames(Kinds())), "there is no role %q", r.Role)
		}
		t.checkRecord(ps, field, r)
		checkTTL(ps, field+".ttl", r.TTL)
	}
	n.Health.check(ps, at+".health")
	for i, d := range n.Delegations {
		field := fmt.Sprintf("%s.delegations[%d]", at, i)
		checkDomain(ps, field+".zone", d.Zone)
		if !inside(d.Zone, n.Zone) || strings.EqualFold(d.Zone, n.Zone) {
			ps.add(field+".zone", fmt.Sprintf("a zone below %q", n.Zone), "%q does not lie below the zone", d.Zone)
		}
		if t.wantRole(ps, field+".role", d.Role, KindNameserver) {
			if r, _, _ := t.Role(d.Role); r.Nameserver != nil && !strings.EqualFold(r.Nameserver.Zone, d.Zone) {
				ps.add(field+".role", fmt.Sprintf("the nameserver of %q", d.Zone), "role %q serves %q", d.Role, r.Nameserver.Zone)
			}
		}
		checkTTL(ps, field+".ttl", d.TTL)
	}
}

func (t Topology) checkResolver(ps *problems, at string, r Resolver) {
	if t.wantRole(ps, at+".root", r.Root, KindNameserver) && !slices.Contains(r.Reaches, r.Root) {
		ps.add(at+".reaches", "must hold the root", "root %q is not in it", r.Root)
	}
	for i, name := range r.Reaches {
		field := fmt.Sprintf("%s.reaches[%d]", at, i)
		if !t.wantRole(ps, field, name, KindNameserver) {
			continue
		}
		server, _, _ := t.Role(name)
		if server.Nameserver == nil {
			continue // reported with the role
		}
		for _, d := range server.Nameserver.Delegations {
			below, _, _ := t.Role(d.Role)
			if below.Kind == KindNameserver && !slices.Contains(r.Reaches, d.Role) {
				ps.add(at+".reaches", fmt.Sprintf("must hold %q", d.Role), "%q delegates %q to it", name, d.Zone)
			}
		}
	}
	if r.MaxTTL < 0 {
		ps.add(at+".max_ttl", "0 (no cap) or positive", "is %v", r.MaxTTL)
	}
	if r.Timeout <= 0 {
		ps.add(at+".timeout", "a positive duration", "is %v", r.Timeout)
	}
}

func checkTTL(ps *problems, field string, ttl time.Duration) {
	if ttl <= 0 || ttl > 7*24*time.Hour {
		ps.add(field, "more than 0, at most 168h", "is %v", ttl)
	}
}

// domain is the root, or labels of letters, digits, hyphens and underscores
// that each end in a dot (RFC 1035 2.3.1 and 2.3.4, RFC 2181 11).
var domain = regexp.MustCompile(`^(\.|([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+)$`)

func checkDomain(ps *problems, field, name string) {
	if len(name) > 254 || !domain.MatchString(name) {
		ps.add(field, `a fully qualified name with its last dot, like "www.shop.example."`, "%q is not a fully qualified name", name)
	}
}

// inside says whether a name is a zone's own or lies below it.
func inside(name, zone string) bool {
	name, zone = strings.ToLower("."+name), strings.ToLower("."+strings.TrimPrefix(zone, "."))
	return strings.HasSuffix(name, zone)
}

// hasAddress says whether some nameserver holds an address of that name.
func (t Topology) hasAddress(name string) bool {
	for _, role := range t.RolesOf(KindNameserver) {
		if role.Nameserver == nil {
			continue
		}
		for _, r := range role.Nameserver.Records {
			if strings.EqualFold(r.Name, name) {
				return true
			}
		}
	}
	return false
}
