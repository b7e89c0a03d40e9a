package dns

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
)

// letters are roles called a, b, c ... with an address each.
func letters() map[string]netip.Addr {
	out := map[string]netip.Addr{}
	for i := range byte(8) {
		out[string(rune('a'+i))] = netip.AddrFrom4([4]byte{127, 70, 0, i + 1})
	}
	return out
}

func split(s string) []string { return strings.Split(s, "")[:len(s)] }

// set builds the records of one name.
func set(t interface{ Fatal(...any) }, records ...targets.Record) addressSet {
	regions := atlas{{netip.MustParsePrefix("127.33.0.0/16"), "eu"}, {netip.MustParsePrefix("127.34.0.0/16"), "us"}}
	for i := range records {
		records[i].Name, records[i].TTL = "www.example.", time.Duration(i+1)*time.Minute
	}
	z, err := newZone(targets.Nameserver{Zone: "example.", Records: records}, letters(), regions)
	if err != nil {
		t.Fatal(err)
	}
	return z.hosts["www.example."]
}

func TestChoice(t *testing.T) {
	for _, row := range []struct {
		name    string
		records []targets.Record
		region  string
		sick    string
		want    string
		open    bool
	}{
		{"the role", []targets.Record{{Role: "a", Backup: split("bc")}}, "", "", "a", false},
		{"its first backup", []targets.Record{{Role: "a", Backup: split("bc")}}, "", "a", "b", false},
		{"its second backup", []targets.Record{{Role: "a", Backup: split("bc")}}, "", "ab", "c", false},
		{"nobody healthy: the role", []targets.Record{{Role: "a", Backup: split("bc")}}, "", "abc", "a", true},
		{"no backup", []targets.Record{{Role: "a"}}, "", "a", "a", true},
		{"the region's first", []targets.Record{{Role: "a", Regions: map[string][]string{"eu": split("bc")}}}, "eu", "", "b", false},
		{"the region's second", []targets.Record{{Role: "a", Regions: map[string][]string{"eu": split("bc")}}}, "eu", "b", "c", false},
		{"out of the region to the role", []targets.Record{{Role: "a", Backup: split("d"), Regions: map[string][]string{"eu": split("bc")}}}, "eu", "bc", "a", false},
		{"out of the region to the backup", []targets.Record{{Role: "a", Backup: split("d"), Regions: map[string][]string{"eu": split("bc")}}}, "eu", "abc", "d", false},
		{"nobody healthy: the region's first", []targets.Record{{Role: "a", Backup: split("d"), Regions: map[string][]string{"eu": split("bc")}}}, "eu", "abcd", "b", true},
		{"another region", []targets.Record{{Role: "a", Regions: map[string][]string{"eu": split("b")}}}, "us", "", "a", false},
		{"no region", []targets.Record{{Role: "a", Regions: map[string][]string{"eu": split("b")}}}, "", "", "a", false},
		{"the backup is the role of the region", []targets.Record{{Role: "a", Backup: split("b"), Regions: map[string][]string{"us": split("b")}}}, "us", "b", "a", false},
		{"a set", []targets.Record{{Role: "a"}, {Role: "b"}, {Role: "c"}}, "", "", "abc", false},
		{"a set without the sick", []targets.Record{{Role: "a"}, {Role: "b"}, {Role: "c"}}, "", "b", "ac", false},
		{"a set of the sick", []targets.Record{{Role: "a"}, {Role: "b"}}, "", "ab", "ab", true},
		{"a set with one backup for all", []targets.Record{{Role: "a", Backup: split("c")}, {Role: "b", Backup: split("c")}}, "", "ab", "c", false},
		{"every: role and backups are one list", []targets.Record{{Role: "b", Backup: split("ac"), Every: true}}, "", "", "bac", false},
		{"every healthy one of the list", []targets.Record{{Role: "b", Backup: split("ac"), Every: true}}, "", "b", "ac", false},
		{"every: nobody healthy, the whole list", []targets.Record{{Role: "b", Backup: split("ac"), Every: true}}, "", "abc", "bac", true},
		{"every of the region", []targets.Record{{Role: "a", Backup: split("b"), Every: true, Regions: map[string][]string{"eu": split("dc")}}}, "eu", "", "dc", false},
		{"every healthy one of the region", []targets.Record{{Role: "a", Backup: split("b"), Every: true, Regions: map[string][]string{"eu": split("dce")}}}, "eu", "c", "de", false},
		{"every: out of the region to the other list", []targets.Record{{Role: "a", Backup: split("b"), Every: true, Regions: map[string][]string{"eu": split("dc")}}}, "eu", "cd", "ab", false},
		{"every: nobody healthy, the whole region", []targets.Record{{Role: "a", Backup: split("b"), Every: true, Regions: map[string][]string{"eu": split("dc")}}}, "eu", "abcd", "dc", true},
		{"every: each address once", []targets.Record{{Role: "a", Backup: split("ba"), Every: true}, {Role: "b"}}, "", "", "ab", false},
		{"every beside one that is sick", []targets.Record{{Role: "c"}, {Role: "b", Backup: split("a"), Every: true}}, "", "c", "ba", false},
		{"a backup that is in the set", []targets.Record{{Role: "a", Backup: split("b")}, {Role: "b"}}, "", "a", "b", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := set(t, row.records...)
			v := view{row.region, func(role string) bool { return !strings.Contains(row.sick, role) }}
			got, open := s.pick(v)
			var want []netip.Addr
			for _, role := range split(row.want) {
				want = append(want, letters()[role])
			}
			if !slices.Equal(got, want) || open != row.open {
				t.Errorf("got %v, open %v; want %v, %v", got, open, want, row.open)
			}
			if records, _ := s.records("www.example.", v); len(records) != len(want) || records[0].Header().Ttl != 60 {
				t.Errorf("records %v, want %d with the lowest ttl", records, len(want))
			}
			if regional := row.records[0].Regions != nil; s.regional != regional {
				t.Errorf("depends on the region: %v", s.regional)
			}
		})
	}
}

// TestChoiceHolds: whoever is sick, wherever the client is: an answer is never
// empty, never twice the same, never sick while anybody of the name's lists is
// healthy, and from the region while one is healthy there.
func TestChoiceHolds(t *testing.T) {
	role := rapid.SampledFrom(split("abcdefgh"))
	record := rapid.Custom(func(t *rapid.T) targets.Record {
		return targets.Record{Every: rapid.Bool().Draw(t, "every"), Role: role.Draw(t, "role"), Backup: rapid.SliceOfN(role, 0, 3).Draw(t, "backup"),
			Regions: rapid.MapOfN(rapid.SampledFrom([]string{"eu", "us"}), rapid.SliceOfN(role, 1, 3), 0, 2).Draw(t, "regions")}
	})
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(record, 1, 4).Draw(t, "records")
		region := rapid.SampledFrom([]string{"", "eu", "us"}).Draw(t, "region")
		sick := rapid.SliceOfN(role, 0, 8).Draw(t, "sick")
		up := func(role string) bool { return !slices.Contains(sick, role) }
		got, open := set(t, records...).pick(view{region, up})
		roleAt := map[netip.Addr]string{}
		for role, address := range letters() {
			roleAt[address] = role
		}
		var all []string
		most := 0
		for _, r := range records {
			list := slices.Concat(r.Regions[region], []string{r.Role}, r.Backup)
			all = append(all, list...)
			if most++; r.Every {
				most += len(list) - 1
				holdsEvery(t, r, region, up, got)
			}
			if i := slices.IndexFunc(list, up); i >= 0 && !slices.Contains(got, letters()[list[i]]) {
				t.Fatalf("of %v, %s is the first healthy one and missing in %v", list, list[i], got)
			}
		}
		if len(got) == 0 || len(got) > most || distinct(got) != len(got) {
			t.Fatalf("%d records answer %v", len(records), got)
		}
		if want := !slices.ContainsFunc(all, up); open != want {
			t.Fatalf("open is %v, want %v", open, want)
		}
		for _, address := range got {
			if role := roleAt[address]; !open && !up(role) || !slices.Contains(all, role) {
				t.Fatalf("%s is answered: sick, or of another list", role)
			}
		}
	})
}

// holdsEvery checks that of a record's first list with anybody healthy nobody
// healthy is missing, and that alone such a record keeps its order.
func holdsEvery(t *rapid.T, r targets.Record, region string, up func(string) bool, got []netip.Addr) {
	alone, _ := set(t, r).pick(view{region, up})
	for _, list := range [][]string{r.Regions[region], append([]string{r.Role}, r.Backup...)} {
		var want []netip.Addr
		for _, role := range list {
			if address := letters()[role]; up(role) && !slices.Contains(want, address) {
				want = append(want, address)
			}
		}
		if len(want) == 0 {
			continue
		}
		if !slices.Equal(alone, want) {
			t.Fatalf("%+v alone answers %v, want %v", r, alone, want)
		}
		for _, address := range want {
			if !slices.Contains(got, address) {
				t.Fatalf("%v is healthy and missing in %v", address, got)
			}
		}
		return
	}
}

func distinct(addresses []netip.Addr) int {
	seen := map[netip.Addr]bool{}
	for _, a := range addresses {
		seen[a] = true
	}
	return len(seen)
}
