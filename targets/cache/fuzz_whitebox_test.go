package cache

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/machine"
	"rung/targets/resp"
)

// FuzzHandle carries out any commands, one on each line, with words that are parted
// by spaces; "wait" moves the clock by a second. Every command has a reply, and
// the engine stays sound and within its memory.
func FuzzHandle(f *testing.F) {
	for _, seed := range []string{
		"SET a 1\nGET a\nDEL a", "SET a 1 EX 1 NX GET\nwait\nGET a", "SET a 1 PX 9223372036854775807", "SETEX a -1 x", "MSET a 1 b 2\nMGET a b c",
		"SET a 1 KEEPTTL XX\nTTL a\nPTTL a", "EXPIRE a 1\nSET a 1\nEXPIRE a 1\nwait\nDBSIZE", "INCR a\nINCR a\nPERSIST a", "FLUSHALL SYNC\nINFO all x",
		"\n \nGET", "SET  \nGET ", "SET a " + strings.Repeat("x", 900) + "\nSET b " + strings.Repeat("y", 2000), "EXISTS a a a", "nope a b",
	} {
		f.Add(seed, uint8(0))
	}
	clk := clock.New()
	f.Cleanup(clk.Close)
	share := machine.New(clk, targets.Machine{}, 1).For("c")
	f.Fuzz(func(t *testing.T, script string, policy uint8) {
		hands := start()
		settings := Settings{Bytes: 1500, Policy: []string{PolicyLRU, PolicyLFU, PolicyFIFO}[policy%3]}
		s, err := New(settings, Config{Role: "c", Share: share, Now: hands.now})
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(script) {
			words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
			if words[0] == "wait" {
				hands.advance(time.Second)
			}
			args := make([][]byte, len(words)-1)
			for i, w := range words[1:] {
				args[i] = []byte(w)
			}
			if s.handle(t.Context(), resp.Command{Name: strings.ToUpper(words[0]), Args: args}) == nil {
				t.Fatalf("%q has no reply", line)
			}
			s.engine.check(t)
		}
	})
}

// TestModel compares a cache that is large enough with a plain map.
func TestModel(t *testing.T) {
	type value struct {
		text string
		dies time.Time // zero: never
	}
	rapid.Check(t, func(rt *rapid.T) {
		hands := start()
		e := newEngine(1<<20, rapid.SampledFrom([]string{PolicyLRU, PolicyLFU, PolicyFIFO}).Draw(rt, "policy"), hands.now)
		model := map[string]value{}
		key := rapid.SampledFrom([]string{"a", "b", "c", ""})
		text := rapid.SampledFrom([]string{"1", "x", ""})
		seconds := rapid.IntRange(1, 4)
		expect := func(got, want resp.Reply) {
			if fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Fatalf("got %v; want %v", got, want)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) {
				for k, v := range model {
					if !v.dies.IsZero() && !v.dies.After(hands.Time) {
						delete(model, k)
					}
				}
			},
			"wait": func(rt *rapid.T) { hands.advance(time.Duration(seconds.Draw(rt, "s")) * time.Second / 2) },
			"set": func(rt *rapid.T) {
				k, v := key.Draw(rt, "key"), text.Draw(rt, "text")
				expect(do(t, e, "SET", k, v), resp.Simple("OK"))
				model[k] = value{text: v}
			},
			"setex": func(rt *rapid.T) {
				k, v, n := key.Draw(rt, "key"), text.Draw(rt, "text"), seconds.Draw(rt, "s")
				expect(do(t, e, "SETEX", k, fmt.Sprint(n), v), resp.Simple("OK"))
				model[k] = value{v, hands.Add(time.Duration(n) * time.Second)}
			},
			"expire": func(rt *rapid.T) {
				k, n := key.Draw(rt, "key"), seconds.Draw(rt, "s")
				v, there := model[k]
				if there {
					model[k] = value{v.text, hands.Add(time.Duration(n) * time.Second)}
				}
				expect(do(t, e, "EXPIRE", k, fmt.Sprint(n)), number(there))
			},
			"persist": func(rt *rapid.T) {
				k := key.Draw(rt, "key")
				v, there := model[k]
				if there {
					model[k] = value{text: v.text}
				}
				expect(do(t, e, "PERSIST", k), number(there && !v.dies.IsZero()))
			},
			"del": func(rt *rapid.T) {
				k := key.Draw(rt, "key")
				_, there := model[k]
				delete(model, k)
				expect(do(t, e, "DEL", k), number(there))
			},
			"get": func(rt *rapid.T) {
				k := key.Draw(rt, "key")
				v, there := model[k]
				expect(do(t, e, "GET", k), bulk([]byte(v.text), there))
			},
			"pttl": func(rt *rapid.T) {
				k := key.Draw(rt, "key")
				want := resp.Int(-2)
				if v, there := model[k]; there && v.dies.IsZero() {
					want = -1
				} else if there {
					want = resp.Int(v.dies.Sub(hands.Time).Milliseconds())
				}
				expect(do(t, e, "PTTL", k), want)
			},
		})
	})
}

func number(b bool) resp.Reply {
	if b {
		return resp.Int(1)
	}
	return resp.Int(0)
}
