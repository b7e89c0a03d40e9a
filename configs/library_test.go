package configs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rung/configs"
)

func plan(folder string) configs.Settings {
	return configs.Settings{Profile: "quick", Workload: "shop", Hardware: "book", Configs: folder}
}

func TestFolderLiesOverTheEmbedded(t *testing.T) {
	folder := t.TempDir()
	file(t, folder, "stages/my-site.yaml", strings.Replace(site, "parts: [dns]", "parts: [names]", 1))
	file(t, folder, "stages/02-separate-database.yaml", strings.Replace(site, "stage: my-site", "stage: 02-separate-database", 1))
	dns, err := configs.Library{}.Stage("01-single-server", mustHardware(t), mustWorkload(t))
	if err != nil {
		t.Fatal(err)
	}
	file(t, folder, "parts/names.yaml", embeddedText(t, "parts/dns.yaml"))
	file(t, folder, "profiles/quick.yaml", strings.Replace(embeddedText(t, "profiles/quick.yaml"), "rate: 150", "rate: 33", 1))
	file(t, folder, "profiles/mine.yaml", strings.Replace(embeddedText(t, "profiles/quick.yaml"), "profile: quick", "profile: mine", 1))
	file(t, folder, "profiles/Not A Name.yaml", "x")
	file(t, folder, "profiles/folder.yaml/x", "x")
	l := configs.Library{Folder: folder}
	if !slices.Contains(l.Stages(), "my-site") || !slices.Contains(l.Stages(), "01-single-server") || !slices.IsSorted(l.Stages()) {
		t.Errorf("stages are %v", l.Stages())
	}
	if got := l.Profiles(); !slices.Equal(got, []string{"full", "mine", "quick", "smoke"}) {
		t.Errorf("profiles are %v", got)
	}
	p, err := plan(folder).Load([]string{"my-site", "02-separate-database", "01-single-server"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Profile.Rate != 33 {
		t.Errorf("the folder's profile has no effect: rate %v", p.Profile.Rate)
	}
	if p.Stages[0].ID != "my-site" || p.Stages[1].Title != "My site" || len(p.Stages[2].Topology.Nodes) != len(dns.Topology.Nodes) {
		t.Errorf("the folder's stages have no effect: %q, %q, %d nodes", p.Stages[0].ID, p.Stages[1].Title, len(p.Stages[2].Topology.Nodes))
	}
}

func mustHardware(t *testing.T) configs.Hardware { h, _ := shop(t, "book"); return h }
func mustWorkload(t *testing.T) configs.Workload { _, w := shop(t, "book"); return w }

func TestLibraryMistakes(t *testing.T) {
	quick := embeddedText(t, "profiles/quick.yaml")
	workload := embeddedText(t, "workloads/shop.yaml")
	for _, row := range []struct {
		name, file, text string
		change           func(*configs.Settings)
		stage, want      string
	}{
		{"unknown stage", "", "", nil, "05-nothing", `there is no stage "05-nothing" (allowed is ` + strings.Join(configs.Library{}.Stages(), ", ") + ")"},
		{"stage outside the folder", "", "", nil, "..", `there is no stage ".." (allowed is ` + strings.Join(configs.Library{}.Stages(), ", ") + ")"},
		{"stage file that is not there", "", "", nil, "FOLDER/none.yaml", "none.yaml: cannot be read: no such file or directory"},
		{"stage file that is a folder", "", "", nil, "FOLDER/.", ".: is a folder (a YAML file)"},
		{"unknown profile", "", "", func(s *configs.Settings) { s.Profile = "fast" }, "", `there is no profile "fast" (allowed is full, quick, smoke)`},
		{"profile outside the folder", "", "", func(s *configs.Settings) { s.Profile = "../stages/x" }, "", `there is no profile "../stages/x" (allowed is full, quick, smoke)`},
		{"unknown workload", "", "", func(s *configs.Settings) { s.Workload = "bank" }, "", `there is no workload "bank" (allowed is shop)`},
		{"unknown hardware", "", "", func(s *configs.Settings) { s.Hardware = "old" }, "", `there is no hardware "old" (allowed is bare, book, modern)`},
		{"another name than the file's", "stages/my-site.yaml", strings.Replace(site, "my-site", "your-site", 1), nil, "my-site", `stages/my-site.yaml:1: stage: is "your-site", but the file is called my-site.yaml (one name for both)`},
		{"mistake in a part", "parts/dns.yaml", "nodes:\n  - name: resolver\n    cpu: 1", nil, "01-single-server", "parts/dns.yaml:3: nodes[0].cpu: unknown field (allowed is name, like, cpus, disks, memory_gb, quantum, queue, standby, datacenter, roles)"},
		{"mistake of a part in the whole", "parts/dns.yaml", strings.Replace(embeddedText(t, "parts/dns.yaml"), "root: root", "root: roots", 1), nil, "01-single-server", `parts/dns.yaml:{root: roots}: nodes[0].roles[0].resolver.root: there is no role "roots" (allowed is root, tld, authoritative)`},
		{"link of a part to nowhere", "parts/dns.yaml", strings.Replace(embeddedText(t, "parts/dns.yaml"), "to: tld,", "to: lost,", 1), nil, "02-separate-database", `parts/dns.yaml:{to: lost}: links[2].to: the link leads nowhere: there is no node "lost" (allowed is web, db, resolver, root, tld, authoritative)` + "\n" +
			`parts/dns.yaml:{      - name: resolver}: nodes[0].roles[0]: role "resolver" uses "tld", but no link goes from "resolver" to "tld" (add it to links)`},
		{"part that is no YAML", "parts/dns.yaml", "nodes: }", nil, "01-single-server", "parts/dns.yaml:1: is not YAML: did not find expected node content"},
		{"stage after none", "stages/my-site.yaml", site + "previous: 99-none\n", nil, "my-site", `stages/my-site.yaml:46: previous: there is no other stage "99-none" (allowed is ` + strings.Join(append(configs.Library{}.Stages(), "my-site"), ", ") + ")"},
		{"stage after itself", "stages/my-site.yaml", site + "compare: my-site\n", nil, "my-site", `stages/my-site.yaml:46: compare: there is no other stage "my-site" (allowed is ` + strings.Join(append(configs.Library{}.Stages(), "my-site"), ", ") + ")"},

		{"profile without a rate", "profiles/quick.yaml", strings.Replace(quick, "rate: 150", "rate: 0", 1), nil, "", "profiles/quick.yaml:{rate: }: rate: is 0 (more than 0, at most 100000 requests per second)"},
		{"profile with a share out of range", "profiles/quick.yaml", strings.Replace(quick, "width: ", "width: 10", 1), nil, "", "RANGE"},

		{"shares do not sum up", "workloads/shop.yaml", strings.Replace(workload, "photo: 2%", "photo: 3%", 1), nil, "", "workloads/shop.yaml:{mix:}: mix: the shares sum to 101% (100%)"},
		{"unknown operation", "workloads/shop.yaml", strings.Replace(workload, "photo: 2%", "foto: 2%", 1), nil, "", "workloads/shop.yaml:{foto: 2%}: mix.foto: is not an operation (allowed is user, orders, asset, post, login, me, photo, edit, following)"},
		{"unknown arrivals", "workloads/shop.yaml", strings.Replace(workload, "arrivals: poisson", "arrivals: random", 1), nil, "", `workloads/shop.yaml:{arrivals: }: arrivals: is "random" (constant or poisson)`},
		{"SLO above the time-out", "workloads/shop.yaml", strings.Replace(workload, "latency: 400ms", "latency: 4s", 1), nil, "", "workloads/shop.yaml:{latency: }: slo.latency: is 4s (more than 0, at most the timeout)"},
		{"unknown work", "workloads/shop.yaml", strings.Replace(workload, "login: 2ms", "logout: 2ms", 1), nil, "", "workloads/shop.yaml:{logout: }: demand.web.logout: unknown field (allowed is user, orders, asset, post, login, me, photo, edit, following)"},
		{"endless work", "workloads/shop.yaml", strings.Replace(workload, "photo: 200ms", "photo: 2h", 1), nil, "", "workloads/shop.yaml:{photo: 2h}: demand.web.photo: is 2h0m0s (at most 1m0s)"},
		{"unknown law", "workloads/shop.yaml", strings.Replace(workload, "shape: constant", "shape: gauss", 1), nil, "", `workloads/shop.yaml:{demand:}: demand: unknown shape "gauss": allowed are constant, exponential, lognormal`},
		{"empty asset", "workloads/shop.yaml", strings.Replace(workload, "asset_sizes: [1024", "asset_sizes: [0", 1), nil, "", "workloads/shop.yaml:{asset_sizes:}: asset_sizes[0]: is 0 (1 to 16777216 bytes)"},

		{"hardware without numbers", "hardware/book.yaml", "hardware: book\nuses: {lan_rtt: x}", nil, "", "hardware/book.yaml: numbers: is missing, but there are uses of its rows (allowed is book, gist-2012, modern-2026, regions)"},
		{"hardware with unknown numbers", "hardware/book.yaml", "hardware: book\nnumbers: old", nil, "", `hardware/book.yaml:2: numbers: there is no set of latency numbers "old" (allowed is book, gist-2012, modern-2026, regions)`},
		{"hardware with an unknown use", "hardware/book.yaml", "hardware: book\nnumbers: book\nuses: {ram: x}", nil, "", `hardware/book.yaml:3: uses.ram: unknown field (allowed is disk_access, far_rtt, lan_1mb, lan_rtt, wan_rtt)`},
		{"number without a unit", "numbers/book.yaml", "set: book\nrows: [{id: a, value: 5}]", nil, "", `numbers/book.yaml:2: rows[0].value: "5" is not a latency: write it like 0.5ns (units: ns us ms s)`},
		{"number out of range", "numbers/book.yaml", "set: book\nrows: [{id: a, value: 100000s}]", nil, "", `numbers/book.yaml:2: rows[0].value: is 1e+14 ns (more than 0, at most 24h0m0s)`},
		{"number twice", "numbers/book.yaml", "set: book\nrows:\n  - {id: a, value: 5ns}\n  - {id: a, value: 5ns}", nil, "", `numbers/book.yaml:4: rows[1].id: "a" is missing or there twice (one row for each id)`},
		{"numbers without a row in use", "numbers/book.yaml", "set: book\nrows: [{id: a, value: 5ns}]", nil, "", "FOLDERLESS"},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			if row.file != "" {
				file(t, folder, row.file, row.text)
			}
			s := plan(folder)
			if row.change != nil {
				row.change(&s)
			}
			stage := strings.Replace(row.stage, "FOLDER", folder, 1)
			if stage == "" {
				stage = "01-single-server"
			}
			_, err := s.Load([]string{stage})
			if err = inFolder(err, folder+"/"); err == nil {
				t.Fatal("nothing was found")
			}
			switch row.want {
			case "RANGE":
				if !strings.Contains(err.Error(), "is out of range: a share is 0% to 100%") {
					t.Error(err)
				}
			case "FOLDERLESS":
				if want := `configs/hardware/book.yaml:9: uses.disk_access: there is no row "disk_seek" in numbers/book.yaml (allowed is a)`; err.Error() != want {
					t.Errorf("\ngot  %v\nwant %s", err, want)
				}
			default:
				if want := lined(row.want, row.text); err.Error() != want {
					t.Errorf("\ngot  %v\nwant %s", err, want)
				}
			}
		})
	}
}

var braced = regexp.MustCompile(`:\{([^}]+)\}:`)

// lined replaces {words} by the number of the line on which they stand, since
// the embedded files may change.
func lined(want, text string) string {
	return braced.ReplaceAllStringFunc(want, func(m string) string {
		before, _, _ := strings.Cut(text, m[2:len(m)-2])
		return fmt.Sprintf(":%d:", 1+strings.Count(before, "\n"))
	})
}

func TestStagesAreNamedOnce(t *testing.T) {
	_, err := plan("").Load([]string{"01-single-server", "01-single-server"})
	if want := `configs/stages/01-single-server.yaml: stage "01-single-server" is named twice (each stage once)`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A stage may follow another file of the same run.
func TestOwnLadder(t *testing.T) {
	folder := t.TempDir()
	first := file(t, folder, "a.yaml", strings.Replace(site, "my-site", "own-1", 1))
	second := file(t, folder, "b.yaml", strings.Replace(site, "my-site", "own-2", 1)+"previous: own-1\n")
	if p, err := plan("").Load([]string{first, second}); err != nil || p.Stages[1].Compare != "own-1" {
		t.Errorf("%v", err)
	}
	if _, err := plan("").Load([]string{second}); err == nil {
		t.Error("a stage was loaded without the one it follows")
	}
}

func TestMessagesAreOneLineEach(t *testing.T) {
	e := configs.Error{File: "a\nb.yaml", Line: 3, Field: "x\ty", Problem: "is\r\nbad\x1b[31m", Allowed: strings.Repeat("long ", 1000)}
	text := e.Error()
	if strings.ContainsAny(text, "\n\r\t\x1b") || len(text) > 700 || !strings.HasPrefix(text, "a b.yaml:3: x y: is  bad [31m (long ") {
		t.Errorf("%q", text)
	}
	if got := (configs.Errors{{Problem: "a"}, {File: "f", Problem: "b"}}).Error(); got != "a\nf: b" {
		t.Errorf("%q", got)
	}
}
