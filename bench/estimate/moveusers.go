package estimate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rung/targets"
)

// Move is how long users need from the loss of the data centre that answers
// them until they are answered by another one.
type Move struct {
	// Refused: its processes are gone, so that connections are refused at once.
	Refused Range
	// Vanished: only its links are, so that packets get no answer. Requests on
	// connections that are open hang until their own timeout, which is not
	// counted.
	Vanished Range
	// Derivation of the above, line by line.
	Derivation []string
}

// attempt is how long a client waits for one of several addresses before it
// tries the next: the Connection Attempt Delay of RFC 8305, section 8.
const attempt = 250 * time.Millisecond

// MoveUsers predicts the Move of the users of a region. The empty region is
// that of users who have none.
//
// Where the record names one role at a time, the nameserver must notice, by
// Fall checks in a row, and then what users and resolver keep of the record
// must end: 0 to TTL, in whole seconds, counted once, since a resolver hands on
// what is left. Where it names every role, and one of another data centre is
// among those of the region, users try one address after the other, and nothing
// is waited for: a refused one costs a round trip, one that vanished 250 ms.
//
// It does not count what happens behind the front doors, above all the
// failover of databases: see [FailoverOf]. It is an error where users never
// move: they use no DNS, no role elsewhere is named, nothing is checked, or the
// nameservers are lost too.
func MoveUsers(t targets.Topology, region string) (Move, error) {
	p, err := pathOf(t, region)
	if err != nil {
		return Move{}, err
	}
	lost := p.nodes[p.entry.Name].DataCenter
	record, ok := recordOf(t, t.Site)
	switch {
	case t.Resolver == "" || !ok:
		return Move{}, fmt.Errorf("topology %s: users know the address of %q and no other", t.Name, p.entry.Name)
	case len(t.DataCenters()) < 2 || lost == "":
		return Move{}, fmt.Errorf("topology %s: there is one data centre", t.Name)
	}
	mine, all := answersOf(record, region)
	if record.Every {
		if tried, ok := untilElsewhere(t, mine, lost); ok {
			return moveAtOnce(t, p.clients, tried), nil
		}
	}
	tried, ok := untilElsewhere(t, all, lost)
	if !ok {
		return Move{}, fmt.Errorf("topology %s: no role outside of data centre %q answers for %s", t.Name, lost, record.Name)
	}
	health, err := checksOf(t, record.Name, lost)
	if err != nil {
		return Move{}, err
	}
	return moveByNames(t, p.clients, tried[len(tried)-1], record, health), nil
}

// moveAtOnce is by trying addresses, of which the last answers.
func moveAtOnce(t targets.Topology, clients string, tried []string) Move {
	last := tripsOf(t, clients, tried[len(tried)-1:])
	hang := time.Duration(len(tried)-1)*attempt + last
	m := Move{Refused: Range{High: tripsOf(t, clients, tried)}, Vanished: Range{last, hang}}
	m.Derivation = []string{
		fmt.Sprintf("users have the addresses of %s and try one after the other", strings.Join(tried, ", ")),
		fmt.Sprintf("refused ones cost a round trip each: at most %v in all; ones that vanished %v each: at most %v", m.Refused.High, attempt, hang),
	}
	return m
}

// moveByNames is by a new answer of the nameserver.
func moveByNames(t targets.Topology, clients, next string, record targets.Record, h targets.Health) Move {
	killed, cut := refused(h.Interval, h.Fall), vanished(h.Interval, h.Timeout, h.Fall)
	kept := keptFor(t, record)
	trips, _ := RoundTrips(t)
	trips += tripsOf(t, clients, []string{next})
	rest := Range{High: kept + trips}
	return Move{Refused: killed.Plus(rest), Vanished: cut.Plus(rest), Derivation: []string{
		noticing("the nameserver", h, killed, cut),
		fmt.Sprintf("what resolver and users keep of the record ends after 0 to %v", kept),
		fmt.Sprintf("a lookup and a new connection to %s: at most %v", next, trips),
	}}
}

// answersOf are the roles that users of a region may be answered with, in
// order: those of the region, and all.
func answersOf(r targets.Record, region string) (mine, all []string) {
	others := append([]string{r.Role}, r.Backup...)
	if mine = r.Regions[region]; region == "" || len(mine) == 0 {
		return others, others
	}
	return mine, slices.Concat(mine, others)
}

// untilElsewhere are the roles up to the first that is outside of a data
// centre; false when there is none.
func untilElsewhere(t targets.Topology, roles []string, lost string) ([]string, bool) {
	for i, name := range roles {
		if _, node, ok := t.Role(name); ok && node.DataCenter != lost {
			return roles[:i+1], true
		}
	}
	return nil, false
}

// tripsOf is the sum of the round trips from some clients to roles.
func tripsOf(t targets.Topology, clients string, roles []string) time.Duration {
	total := time.Duration(0)
	for _, name := range roles {
		if _, node, ok := t.Role(name); ok {
			link, _ := t.Link(clients, node.Name)
			total += 2 * link.OneWay
		}
	}
	return total
}

// checksOf are the health checks of a nameserver that has a record and is not
// lost.
func checksOf(t targets.Topology, name, lost string) (targets.Health, error) {
	found := false
	for _, n := range t.Nodes {
		for _, r := range n.Roles {
			if r.Nameserver == nil || !slices.ContainsFunc(r.Nameserver.Records, func(x targets.Record) bool { return strings.EqualFold(x.Name, name) }) {
				continue
			}
			if found = true; n.DataCenter != lost && r.Nameserver.Health.Interval > 0 {
				return r.Nameserver.Health, nil
			}
		}
	}
	if !found {
		return targets.Health{}, fmt.Errorf("topology %s: no nameserver knows %s", t.Name, name)
	}
	return targets.Health{}, fmt.Errorf("topology %s: no nameserver outside of data centre %q checks the roles of %s", t.Name, lost, name)
}

// keptFor is how long a record may be kept: its TTL in whole seconds, and at
// least one, or the resolver's cap.
func keptFor(t targets.Topology, r targets.Record) time.Duration {
	kept := max(time.Second, (r.TTL+time.Second-1)/time.Second*time.Second)
	role, _, ok := t.Role(t.Resolver)
	if ok && role.Resolver != nil && role.Resolver.MaxTTL > 0 {
		kept = min(kept, max(time.Second, (role.Resolver.MaxTTL+time.Second-1)/time.Second*time.Second))
	}
	return kept
}
