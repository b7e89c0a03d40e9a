package run

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rung/bench"
	"rung/targets"
)

// asked is one request whose way is followed.
type asked struct {
	id, operation string
}

// trace sends requests with ids of their own and looks for each in the
// gathered logs.
func (s *session) trace(ctx context.Context, b *bed, e bench.Experiment) error {
	n := e.Count
	if n == 0 {
		n = 30
	}
	s.step("%s: follow %d requests through every node's log", e.Name, n)
	var all []asked
	for i := range n {
		one, err := b.ask(ctx, i)
		if err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
		all = append(all, one)
	}
	// The last of them is to be looked for when its lines had time to come:
	// lines are sent in batches, and photos are worked on later.
	seen := map[string]map[targets.Kind]bool{}
	err := b.until(ctx, "the lines of all requests are gathered", func() bool {
		whole := 0
		for _, one := range all {
			kinds, err := b.lines(ctx, one.id)
			if err != nil {
				return false
			}
			seen[one.id] = kinds
			if len(b.lacking(one, kinds)) == 0 {
				whole++
			}
		}
		return whole == len(all)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.traceFacts(b, e, all, seen)
	if err != nil {
		s.result.Warnings = append(s.result.Warnings, e.Name+": "+err.Error())
	}
	return nil
}

// ask sends request number i: a read, a post and a photo in turn.
func (b *bed) ask(ctx context.Context, i int) (asked, error) {
	b.session.attacks++
	id := fmt.Sprintf("rung-%s-%d-%d", b.folder[:2], b.session.attacks, i)
	one, method, path, body := asked{id: id}, http.MethodPost, "", ""
	switch i % 3 {
	case 0:
		one.operation, method, path = string(targets.OpUser), http.MethodGet, fmt.Sprintf("/users/%d", 100+i)
	case 1:
		one.operation, path, body = string(targets.OpPost), "/posts", fmt.Sprintf(`{"id":%q,"user":%d,"text":"traced"}`, id, 100+i)
	default:
		one.operation, path, body = string(targets.OpPhoto), "/photos", fmt.Sprintf(`{"id":%q,"user":%d}`, id, 100+i)
	}
	req, err := http.NewRequestWithContext(ctx, method, b.url()+path, strings.NewReader(body))
	if err != nil {
		return one, err
	}
	req.Header.Set("X-Request-Id", id)
	req.Header.Set("Content-Type", "application/json")
	res, err := b.client.Do(req)
	if err != nil {
		return one, err
	}
	discard(res)
	if res.StatusCode >= 300 {
		return one, fmt.Errorf("%s %s: status %s", method, path, res.Status)
	}
	return one, nil
}

// hops are the kinds of roles whose logs must know a request.
func (b *bed) hops(one asked) []targets.Kind {
	hops := []targets.Kind{targets.KindBalancer, targets.KindWeb}
	t := b.system.Topology()
	if len(t.RolesOf(targets.KindBalancer)) == 0 {
		hops = hops[1:]
	}
	if one.operation == string(targets.OpUser) {
		if len(t.RolesOf(targets.KindCache)) > 0 {
			return append(hops, targets.KindCache)
		}
		return append(hops, targets.KindDatabase)
	}
	if one.operation == string(targets.OpPhoto) && queued(t) {
		hops = append(hops, targets.KindWorker)
	}
	return append(hops, targets.KindDatabase)
}

// lacking are the hops that have no line.
func (b *bed) lacking(one asked, kinds map[targets.Kind]bool) []targets.Kind {
	var out []targets.Kind
	for _, hop := range b.hops(one) {
		if !kinds[hop] {
			out = append(out, hop)
		}
	}
	return out
}

// lines asks the monitor for the lines of a request, and says which kinds of
// roles wrote them.
func (b *bed) lines(ctx context.Context, id string) (map[targets.Kind]bool, error) {
	t := b.system.Topology()
	e := b.system.Endpoints()[t.Telemetry.Logs]
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.Address+"/logs?limit=100&request="+url.QueryEscape(id), nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("logs of %s: status %s", id, res.Status)
	}
	kinds := map[targets.Kind]bool{}
	lines := bufio.NewScanner(io.LimitReader(res.Body, 1<<20))
	for lines.Scan() {
		var line struct {
			Role string `json:"role"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("logs of %s: %w", id, err)
		}
		if r, _, ok := t.Role(line.Role); ok {
			kinds[r.Kind] = true
		}
	}
	return kinds, lines.Err()
}

func (s *session) traceFacts(b *bed, e bench.Experiment, all []asked, seen map[string]map[targets.Kind]bool) {
	counts, whole := map[string]int{}, map[string]int{}
	for _, one := range all {
		counts[one.operation]++
		if len(b.lacking(one, seen[one.id])) == 0 {
			whole[one.operation]++
		}
		s.facts.Add(e.Name+"."+one.operation+".hops_count", float64(len(b.hops(one))), "the kinds of roles on the way")
	}
	total := 0
	for operation, n := range counts {
		total += whole[operation]
		s.facts.Add(e.Name+"."+operation+".whole_ratio", float64(whole[operation])/float64(n), fmt.Sprintf("%d requests with ids", n))
	}
	s.facts.Add(e.Name+".whole_ratio", float64(total)/float64(max(len(all), 1)), fmt.Sprintf("%d requests with ids, looked for in the gathered logs", len(all)))
}
