package shard_test

import (
	"testing"

	"rung/targets"
	"rung/targets/shard"
)

// moved is a router with 1000 users who were moved and 250 who are held.
func moved(t testing.TB, method targets.ShardMethod) *shard.Router {
	r := shard.NewRouter(mapOf(t, sharding(method, 4)))
	phases := [][]targets.Phase{{targets.PhaseRelease}, {targets.PhaseHold, targets.PhaseSwitch}}
	for i, n := range []int{1000, 250} {
		var m targets.Move
		for k := range n {
			m.Users, m.To = append(m.Users, int64(1+i*1000+k)), append(m.To, "s4")
		}
		for _, m.Phase = range phases[i] {
			if err := r.Apply(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	return r
}

func TestReadsAndWritesDoNotAllocate(t *testing.T) {
	for _, method := range targets.ShardMethods() {
		r := moved(t, method)
		user := int64(5000)
		ctx := t.Context()
		for what, f := range map[string]func(){
			"read":  func() { r.Read(user); r.Read(7) },
			"write": func() { ticket, _ := r.Write(ctx, user); ticket.Done() },
		} {
			if n := testing.AllocsPerRun(1000, f); n > 0 {
				t.Errorf("%s: a %s allocates %v times", method, what, n)
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, method := range targets.ShardMethods() {
		b.Run(string(method), func(b *testing.B) {
			r := moved(b, method)
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for user := int64(0); p.Next(); user++ {
					r.Read(user % 10_000)
				}
			})
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	r := moved(b, targets.ShardModulo)
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for user := int64(0); p.Next(); user++ {
			ticket, err := r.Write(ctx, 5000+user%1000)
			if err != nil {
				b.Error(err)
				return
			}
			ticket.Done()
		}
	})
}
