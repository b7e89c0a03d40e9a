package volume_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets/volume"
)

// modelFile is a file as the model has it.
type modelFile struct {
	content string
	ends    time.Time // zero is never
}

// TestModel compares a volume with a map, over restarts without a close.
func TestModel(t *testing.T) {
	share := func() volume.Config { c, _ := newShare(t, noMachine()); return volume.Config{Role: "vol", Share: c} }()
	rapid.Check(t, func(rt *rapid.T) {
		now := newFakeTime()
		config := share
		config.Now, config.Directory, config.Files = now.Now, t.TempDir(), 6
		model := map[string]modelFile{}
		s := newServer(t, spec(), config)
		live := func(name string) (modelFile, bool) {
			f, ok := model[name]
			return f, ok && (f.ends.IsZero() || now.Now().Before(f.ends))
		}
		names := rapid.SampledFrom([]string{"a", "b", "d", "d/a", "d/e", "d/e/a", "d/e/b", "f/a"})
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				name, content := names.Draw(rt, "name"), rapid.StringN(0, 3, -1).Draw(rt, "content")
				var header []string
				f := modelFile{content: content}
				if d := rapid.IntRange(0, 4).Draw(rt, "lifetime"); d > 0 {
					f.ends = now.Now().Add(time.Duration(d) * time.Millisecond)
					header = []string{"Expires-At", strconv.FormatInt(f.ends.UnixMilli(), 10)}
				}
				w := do(s, "PUT", "/"+name, content, header...)
				_, there := live(name)
				conflict, held := false, 0
				for other := range model {
					_, alive := live(other)
					if alive && other != name {
						held++
					}
					conflict = conflict || alive && (strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/"))
				}
				switch {
				case w.Code == 409:
					// Also right while files that have ended are left in
					// the directory.
					below := false
					for other := range model {
						below = below || strings.HasPrefix(other, name+"/")
					}
					if !conflict && !below {
						rt.Fatalf("PUT %s conflicts with nothing of %v", name, model)
					}
				case w.Code == 507:
					if held < config.Files {
						rt.Fatalf("PUT %s: full with %d of %d", name, held, config.Files)
					}
				case conflict || w.Code != map[bool]int{true: 204, false: 201}[there]:
					rt.Fatalf("PUT %s answers %d %s with %v", name, w.Code, w.Body, model)
				default:
					model[name] = f
				}
			},
			"delete": func(rt *rapid.T) {
				name := names.Draw(rt, "name")
				_, there := live(name)
				if w := do(s, "DELETE", "/"+name, ""); w.Code != map[bool]int{true: 204, false: 404}[there] {
					rt.Fatalf("DELETE %s answers %d with %v", name, w.Code, model)
				}
				if there {
					delete(model, name)
				}
			},
			"wait": func(rt *rapid.T) {
				now.Advance(time.Duration(rapid.IntRange(1, 3).Draw(rt, "ms")) * time.Millisecond)
			},
			"restart": func(*rapid.T) { s = newServer(t, spec(), config) },
			"": func(rt *rapid.T) {
				for _, name := range []string{"a", "b", "d", "d/a", "d/e", "d/e/a", "d/e/b", "f/a", "f"} {
					f, there := live(name)
					w := do(s, "GET", "/"+name, "")
					if there != (w.Code == 200) || there && w.Body.String() != f.content {
						rt.Fatalf("GET %s answers %d %q; want %v %q", name, w.Code, w.Body, there, f.content)
					}
					if there && !slices.Contains(onDisk(t, config.Directory), name) {
						rt.Fatalf("%s is not on disk", name)
					}
				}
				for _, name := range onDisk(t, config.Directory) {
					if _, known := model[name]; !known {
						rt.Fatalf("on disk is %s, which nobody wrote", name)
					}
				}
				if got := s.Metrics(); got["errors_total"] != 0 || got["files"] > float64(config.Files) {
					rt.Fatalf("metrics are %v", got)
				}
			},
		})
	})
}
