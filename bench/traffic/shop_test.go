package traffic_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rung/bench"
	"rung/bench/traffic"
	"rung/targets"
)

var _ bench.Source = (*traffic.Shop)(nil)

func workload() bench.Workload {
	return bench.Workload{
		Name: "shop",
		Mix: []bench.Share{
			{Operation: targets.OpUser, Ratio: 0.60}, {Operation: targets.OpOrders, Ratio: 0.10},
			{Operation: targets.OpAsset, Ratio: 0.15}, {Operation: targets.OpPost, Ratio: 0.08},
			{Operation: targets.OpMe, Ratio: 0.05}, {Operation: targets.OpPhoto, Ratio: 0.02},
		},
		Exponent: 1, Data: targets.Data{Users: 1000, OrdersPerUser: 5}, Assets: 20, Sessions: 50,
		Timeout: time.Second,
	}
}

func shop(t testing.TB, change func(*bench.Workload)) *traffic.Shop {
	t.Helper()
	w := workload()
	if change != nil {
		change(&w)
	}
	s, err := traffic.New(w, 42, "run1")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*bench.Workload)
		run    string
		want   string
	}{
		{"mix that does not sum to 1", func(w *bench.Workload) { w.Mix[0].Ratio = 0.5 }, "r", "sum"},
		{"unknown operation", func(w *bench.Workload) { w.Mix[0].Operation = "buy" }, "r", "buy"},
		{"operation twice", func(w *bench.Workload) { w.Mix[0].Operation = targets.OpPost }, "r", "twice"},
		{"ratio not a number", func(w *bench.Workload) { w.Mix[0].Ratio = math.NaN() }, "r", "ratio"},
		{"no users", func(w *bench.Workload) { w.Data.Users = 0 }, "r", "users"},
		{"negative exponent", func(w *bench.Workload) { w.Exponent = -1 }, "r", "exponent"},
		{"exponent not a number", func(w *bench.Workload) { w.Exponent = math.NaN() }, "r", "exponent"},
		{"assets missing", func(w *bench.Workload) { w.Assets = 0 }, "r", "assets"},
		{"sessions missing", func(w *bench.Workload) { w.Sessions = 0 }, "r", "sessions"},
		{"no run", func(*bench.Workload) {}, "", "run name"},
		{"run with a quote", func(*bench.Workload) {}, `a"b`, "run name"},
		{"run too long", func(*bench.Workload) {}, strings.Repeat("x", 44), "run name"},
	} {
		w := workload()
		c.change(&w)
		if _, err := traffic.New(w, 1, c.run); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one about %q", c.name, err, c.want)
		}
	}
}

func TestRequestForms(t *testing.T) {
	s := shop(t, nil)
	for op, want := range map[targets.Operation]struct{ method, before, after string }{
		targets.OpUser:   {"GET", "/users/", ""},
		targets.OpOrders: {"GET", "/customers/", "/orders"},
		targets.OpAsset:  {"GET", "/assets/asset-", ".bin"},
		targets.OpPost:   {"POST", "/posts", ""},
		targets.OpPhoto:  {"POST", "/photos", ""},
		targets.OpLogin:  {"POST", "/login", ""},
		targets.OpMe:     {"POST", "/login", ""}, // nobody is logged in yet
	} {
		r := s.Only(op).Request(7)
		if r.Method != want.method || !strings.HasPrefix(r.Path, want.before) || !strings.HasSuffix(r.Path, want.after) {
			t.Errorf("%s: request is %s %s", op, r.Method, r.Path)
		}
		if r.Header.Get("Cookie") != "" {
			t.Errorf("%s: request carries a cookie", op)
		}
		write := op == targets.OpPost || op == targets.OpPhoto
		if (r.Key != "") != write {
			t.Errorf("%s: key is %q", op, r.Key)
		}
		if r.Method == "GET" {
			continue
		}
		var body struct {
			ID   string
			User int64
			Text string
		}
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Errorf("%s: body %s: %v", op, r.Body, err)
		}
		if body.User < 1 || body.User > 1000 || body.ID != r.Key || (body.Text != "") != (op == targets.OpPost) {
			t.Errorf("%s: body is %s", op, r.Body)
		}
		if write && r.Key != "run1-7" {
			t.Errorf("%s: key is %q, want run1-7", op, r.Key)
		}
	}
}

// Request n is the same in any order, from any goroutine and from a second
// shop of the same seed.
func TestPure(t *testing.T) {
	s, again := shop(t, nil), shop(t, nil)
	var group sync.WaitGroup
	for g := range uint64(4) {
		group.Go(func() {
			for i := range uint64(3000) {
				n := (i*7919 + g*13) % 3000
				if a, b := s.Request(n), again.Request(n); !reflect.DeepEqual(a, b) {
					t.Errorf("request %d is %v and %v", n, a, b)
				}
			}
		})
	}
	group.Wait()
	w := workload()
	other, err := traffic.New(w, 43, "run1")
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for n := range uint64(1000) {
		if s.Request(n).Path == other.Request(n).Path {
			same++
		}
	}
	if same > 300 {
		t.Errorf("%d of 1000 requests are the same under another seed", same)
	}
}

// Each operation comes as often as the mix says, within four standard errors.
func TestMixIsKept(t *testing.T) {
	s := shop(t, nil)
	const n = 100_000
	counts := map[string]float64{}
	names := s.Operations()
	for i := range uint64(n) {
		counts[names[s.Operation(i)]]++
	}
	for _, share := range workload().Mix {
		p := share.Ratio
		if off := math.Abs(counts[string(share.Operation)]/n - p); off > 4*math.Sqrt(p*(1-p)/n) {
			t.Errorf("%s has %v of the requests, want %v", share.Operation, counts[string(share.Operation)]/n, p)
		}
	}
	if counts["login"] != 0 {
		t.Errorf("login comes %v times, and is not in the mix", counts["login"])
	}
}

func TestOnlyKeepsProportions(t *testing.T) {
	s := shop(t, nil).Only(targets.OpUser, targets.OpAsset)
	counts := map[string]float64{}
	for i := range uint64(50_000) {
		counts[s.Operations()[s.Operation(i)]]++
	}
	if len(counts) != 2 || math.Abs(counts["user"]/50_000-0.8) > 0.01 {
		t.Errorf("operations are %v, want user and asset as 4 to 1", counts)
	}
}

// Users come by Zipf's law for any exponent: the measured share of each of
// the first ranks is within four standard errors of the law.
func TestUsersFollowZipf(t *testing.T) {
	for _, exponent := range []float64{0, 0.5, 1, 1.5, 3} {
		s := shop(t, func(w *bench.Workload) { w.Exponent = exponent }).Only(targets.OpUser)
		law := s.Popularity()
		counts := map[string]float64{}
		const n = 50_000
		for i := range uint64(n) {
			counts[s.Request(i).Path]++
		}
		norm := 0.0
		for k := 1; k <= 1000; k++ {
			norm += math.Pow(float64(k), -exponent)
		}
		for rank := range 20 {
			want := math.Pow(float64(rank+1), -exponent) / norm
			if math.Abs(law[rank]-want) > 1e-12 {
				t.Errorf("exponent %v: Popularity()[%d] = %v, want %v", exponent, rank, law[rank], want)
			}
			got := counts[fmt.Sprintf("/users/%d", s.UserOf(rank))] / n
			if math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/n) {
				t.Errorf("exponent %v: rank %d has %v of the requests, want %v", exponent, rank, got, want)
			}
		}
	}
}

// Ranks and users are in one-to-one relation, whatever their number.
func TestUserOfIsABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := workload()
		w.Data.Users = rapid.IntRange(1, 3000).Draw(t, "users")
		s, err := traffic.New(w, rapid.Uint64().Draw(t, "seed"), "r")
		if err != nil {
			t.Fatal(err)
		}
		seen := make([]bool, w.Data.Users+1)
		for rank := range w.Data.Users {
			id := s.UserOf(rank)
			if id < 1 || id > int64(w.Data.Users) || seen[id] {
				t.Fatalf("UserOf(%d) = %d: out of range or twice", rank, id)
			}
			seen[id] = true
		}
	})
}

// Again is other draws by the same users, who stay logged in.
func TestAgain(t *testing.T) {
	s := shop(t, nil)
	s.Observe(0, s.Only(targets.OpLogin).Request(0), 200, http.Header{"Set-Cookie": {"rung_session=a"}})
	again, err := s.Again("run2", 99)
	if err != nil {
		t.Fatal(err)
	}
	if s.UserOf(0) != again.UserOf(0) || again.Only(targets.OpMe).Request(0).Path != "/me" {
		t.Error("the users or their sessions are other ones")
	}
	if key := again.Only(targets.OpPost).Request(3).Key; key != "run2-3" {
		t.Errorf("key is %q, want run2-3", key)
	}
	same := 0
	for n := range uint64(1000) {
		if s.Request(n).Path == again.Request(n).Path {
			same++
		}
	}
	if same > 300 {
		t.Errorf("%d of 1000 requests are the same under another seed", same)
	}
	if _, err := s.Again("", 1); err == nil {
		t.Error("a run without a name is taken")
	}
}

func TestPages(t *testing.T) {
	s := shop(t, nil)
	pages := s.Pages(20_000, 5)
	if len(pages) != 20_000 || !reflect.DeepEqual(pages, s.Pages(20_000, 5)) {
		t.Fatalf("%d pages, or not the same ones twice", len(pages))
	}
	users, top := 0.0, 0.0
	for _, p := range pages {
		if strings.HasPrefix(p, "users/") {
			users++
		} else if !strings.HasPrefix(p, "orders/") {
			t.Fatalf("page %q", p)
		}
		if strings.HasSuffix(p, fmt.Sprintf("/%d", s.UserOf(0))) {
			top++
		}
	}
	// 60% user against 10% orders, one page each.
	if share := users / 20_000; math.Abs(share-6.0/7) > 0.01 {
		t.Errorf("users have %v of the pages, want 6/7", share)
	}
	if want := s.Popularity()[0]; math.Abs(top/20_000-want) > 0.01 {
		t.Errorf("the most popular user has %v of the pages, want %v", top/20_000, want)
	}
	// A key-value store looks the customer up first.
	orders := s.Only(targets.OpOrders).PagesIn(targets.KindKeyValue, 4, 1)
	for i := 0; i < 4; i += 2 {
		id := strings.TrimPrefix(orders[i], "users/")
		if orders[i+1] != "orders/"+id {
			t.Errorf("pages of orders in a key-value store: %v", orders)
		}
	}
	if got := s.Only(targets.OpAsset).Pages(10, 1); got != nil {
		t.Errorf("assets touch pages %v", got)
	}
}

func BenchmarkRequest(b *testing.B) {
	s := shop(b, func(w *bench.Workload) { w.Data.Users = 1_000_000 })
	header := http.Header{"Set-Cookie": {"rung_session=abc"}}
	for n := range uint64(50) { // everybody is logged in
		s.Observe(n, s.Only(targets.OpLogin).Request(n), 200, header)
	}
	b.ReportAllocs()
	for n := uint64(0); b.Loop(); n++ {
		s.Request(n)
	}
}

func TestUsersOfRegions(t *testing.T) {
	s := shop(t, nil)
	counts := map[string]int{}
	spread := s.In("na", "eu", "ap")
	for n := range uint64(3000) {
		r, plain := spread.Request(n), s.Request(n)
		counts[r.Region]++
		if r.Path != plain.Path || plain.Region != "" {
			t.Fatalf("request %d of a region asks %s, without one %s", n, r.Path, plain.Path)
		}
	}
	for _, region := range []string{"na", "eu", "ap"} {
		if c := counts[region]; c < 850 || c > 1150 { // 1000 +- 5.8 standard deviations
			t.Errorf("%d of 3000 requests come from %s", c, region)
		}
	}
	if len(counts) != 3 {
		t.Errorf("regions: %v", counts)
	}
}

func TestOnlyGivesAnOperationOutsideTheMixAFairShare(t *testing.T) {
	s := shop(t, nil).Only(targets.OpPost, targets.OpEdit)
	counts := map[string]int{}
	for n := range uint64(2000) {
		r := s.Request(n)
		counts[s.Operations()[r.Operation]]++
		if s.Operations()[r.Operation] == "edit" {
			var body struct{ City string }
			if r.Method != http.MethodPut || !strings.HasPrefix(r.Path, "/users/") || json.Unmarshal(r.Body, &body) != nil || body.City == "" || len(body.City) > 64 {
				t.Fatalf("an edit is %s %s %s", r.Method, r.Path, r.Body)
			}
		}
	}
	if counts["post"] < 850 || counts["edit"] < 850 || counts["post"]+counts["edit"] != 2000 {
		t.Errorf("requests: %v", counts)
	}
}

func TestOnlyAssetsAreStatic(t *testing.T) {
	s := shop(t, nil)
	for n := range uint64(1000) {
		if r := s.Request(n); r.Static != strings.HasPrefix(r.Path, "/assets/") {
			t.Fatalf("%s: static is %t", r.Path, r.Static)
		}
	}
}

// A celebrity gets the share that was asked for, of every operation that picks
// a user, and the requests of others stay as they were.
func TestHotUser(t *testing.T) {
	const n, celebrity = 20_000, 777
	plain := shop(t, nil).Only(targets.OpUser, targets.OpFollowing)
	hot := plain.Hot(bench.Hot{User: celebrity, Ratio: 0.4})
	hits := 0
	for i := range uint64(n) {
		was, is := plain.Request(i).Path, hot.Request(i).Path
		if strings.HasPrefix(is+"/", fmt.Sprintf("/users/%d/", celebrity)) {
			hits++
		} else if was != is {
			t.Fatalf("request %d was %s and is %s", i, was, is)
		}
	}
	// The deviation of a binomial share is 0.35 points; users pick the
	// celebrity by themselves as well, once in some thousand requests.
	if share := float64(hits) / n; share < 0.38 || share > 0.43 {
		t.Errorf("the celebrity gets %.3f of all requests, want 0.4", share)
	}
}
