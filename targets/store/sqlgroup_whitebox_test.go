package store

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newTestGroup(reads string, members int) *sqlGroup {
	g := &sqlGroup{}
	g.open(SQLConfig{Reads: reads, Probe: time.Second, Timeout: time.Second})
	for range members {
		g.add(&sqlMember{})
	}
	return g
}

// TestGroupProperties plays any news of any members, late ones too, and checks what must
// hold of every choice.
func TestGroupProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newTestGroup(rapid.SampledFrom([]string{sqlReadsPrimary, sqlReadsReplicas, sqlReadsAll, sqlReadsNearest}).Draw(t, "reads"), rapid.IntRange(2, 5).Draw(t, "members"))
		for _, m := range g.members {
			m.distance = time.Duration(rapid.IntRange(0, 2).Draw(t, "distance"))
		}
		var issued []int64 // numbers of the past, for news that come late
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			m := rapid.SampledFrom(g.members).Draw(t, "member")
			issued = append(issued, g.clock)
			at := rapid.SampledFrom(issued).Draw(t, "at")
			up, role, change := m.up, m.role, m.changed
			news := g.news
			if rapid.Bool().Draw(t, "fails") {
				g.fall(m, at)
			} else {
				g.hear(m, at, rapid.SampledFrom([]sqlRole{roleUnknown, rolePrimary, roleReplica}).Draw(t, "role"))
			}
			changed := m.up != up || m.role != role
			if changed && at < change {
				t.Fatalf("news of %d changed what changed at %d", at, change)
			}
			select {
			case <-news:
			default:
				if changed {
					t.Fatal("a change was not told")
				}
			}
			checkGroup(t, g)
		}
	})
}

func checkGroup(t *rapid.T, g *sqlGroup) {
	claims := 0
	for _, m := range g.members {
		if m.up && m.role == rolePrimary {
			claims++
		}
		if !m.up && m.role != roleUnknown {
			t.Fatal("a member that failed is still believed")
		}
	}
	if (g.primary != nil) != (claims > 0) || (g.primary != nil && (!g.primary.up || g.primary.role != rolePrimary)) {
		t.Fatalf("%d members say that they are the primary, chosen is %+v", claims, g.primary)
	}
	for _, kind := range []sqlKind{sqlWrite, sqlFresh} {
		if g.fit(kind, ^sqlSet(0)) != g.primary {
			t.Fatal("a write or fresh read does not go to the primary")
		}
	}
	tried := sqlSet(0)
	replicas := true
	var distance time.Duration
	for m := g.fit(sqlRead, tried); m != nil && g.spread(sqlRead); m = g.fit(sqlRead, tried) {
		switch {
		case tried&m.bit != 0:
			t.Fatal("a member was chosen twice")
		case !m.up:
			t.Fatal("a member that failed was chosen")
		case g.reads == sqlReadsReplicas && m.role == roleReplica && !replicas:
			t.Fatal("a replica was chosen after the primary")
		}
		if g.reads == sqlReadsNearest {
			if m.distance < distance {
				t.Fatal("a nearer member was chosen after a farther one")
			}
			distance = m.distance
		}
		replicas = replicas && m.role == roleReplica
		tried |= m.bit
	}
	if !g.spread(sqlRead) {
		return
	}
	for _, m := range g.members {
		may := m.up && (g.reads != sqlReadsReplicas || m.role == roleReplica || m == g.primary)
		if may != (tried&m.bit != 0) {
			t.Fatalf("a read may go to a member: %v, but was sent there: %v", may, !may)
		}
	}
}

// TestDoubtful: who is asked, by what is known of the members.
func TestDoubtful(t *testing.T) {
	g := newTestGroup(sqlReadsAll, 3)
	a, b, c := g.members[0], g.members[1], g.members[2]
	expect := func(what string, want ...*sqlMember) {
		t.Helper()
		if got := g.doubtful(); !slices.Equal(got, want) {
			t.Errorf("%s: %d are asked; want %d", what, len(got), len(want))
		}
	}
	expect("nothing is known", a, b, c)
	g.hear(a, g.clock, roleReplica)
	g.hear(b, g.clock, roleReplica)
	expect("there is no primary", a, b, c)
	g.hear(a, g.clock, rolePrimary)
	expect("c is down", c)
	g.hear(c, g.clock, roleReplica)
	expect("all is well")
	b.calls, b.answers = 1, 1
	expect("b has answered")
	expect("b owes an answer", b)
	b.answers = 2
	a.calls = 1
	expect("the primary owes an answer", a, b, c)
	g.hear(b, g.clock, rolePrimary) // turns primary: a is not it any more
	a.calls, b.calls = 0, 0
	expect("nobody owes an answer")
	g.fall(b, g.clock)
	expect("b is down, and a still says that it is the primary", b)
}

// TestNearestSpreads: members of one distance get the same share, farther ones nothing.
func TestNearestSpreads(t *testing.T) {
	g := newTestGroup(sqlReadsNearest, 5)
	for i, m := range g.members {
		m.distance = []time.Duration{3, 1, 2, 1, 1}[i]
		g.hear(m, g.clock, []sqlRole{rolePrimary, roleReplica, roleReplica, roleUnknown, roleReplica}[i])
	}
	draw := func() map[*sqlMember]int {
		counts := map[*sqlMember]int{}
		for range 3000 {
			counts[g.fit(sqlRead, 0)]++
		}
		return counts
	}
	counts := draw()
	for _, i := range []int{1, 3, 4} {
		// The seed is fixed; the tolerance is more than 5 standard deviations.
		if n := counts[g.members[i]]; n < 850 || n > 1150 {
			t.Errorf("number %d was taken %d times; want about 1000", i, n)
		}
	}
	for i, next := range [][]int{{1, 3, 4}, {2}, {0}} {
		got := draw()
		if len(got) != len(next) {
			t.Errorf("step %d: %d members were taken; want %d", i, len(got), len(next))
		}
		for _, j := range next {
			if got[g.members[j]] == 0 {
				t.Errorf("step %d: number %d was never taken", i, j)
			}
			g.fall(g.members[j], g.clock)
		}
	}
	if m := g.fit(sqlRead, 0); m != nil {
		t.Error("a member that is down was taken")
	}
}

// TestPowerOfTwoChoices: of two members the one with fewer calls is taken, always; of
// more, never the one with the most.
func TestPowerOfTwoChoices(t *testing.T) {
	for n := 2; n <= 5; n++ {
		g := newTestGroup(sqlReadsAll, n)
		for i, m := range g.members {
			g.hear(m, g.clock, roleReplica)
			m.calls = i
		}
		counts := map[*sqlMember]int{}
		const draws = 10_000
		for range draws {
			counts[g.fit(sqlRead, 0)]++
		}
		for i, m := range g.members {
			// The member of rank i is taken when it is drawn with one of the n-1-i
			// that are busier: 2(n-1-i) of n(n-1) ordered pairs. The seed is fixed;
			// the tolerance is more than 5 standard deviations.
			want := draws * 2 * (n - 1 - i) / (n * (n - 1))
			if d := counts[m] - want; d < -250 || d > 250 {
				t.Errorf("of %d members, number %d was taken %d times; want about %d", n, i, counts[m], want)
			}
		}
	}
}
