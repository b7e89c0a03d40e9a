package run

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"rung/bench"
	"rung/targets"
)

// publishPatience bounds the wait until a change is seen.
const publishPatience = 20 * time.Second

// publish changes the static files and watches from every region until the
// change is seen there.
func (s *session) publish(ctx context.Context, b *bed, e bench.Experiment) error {
	s.step("%s: change the static files, seen by %s", e.Name, e.Method)
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	names := e.Regions
	if len(names) == 0 {
		names = []string{""}
	}
	p := publication{bed: b, method: e.Method, file: targets.AssetName(0)}
	// Every edge holds the old files when the change comes.
	for _, region := range names {
		if _, err := p.version(ctx, region); err != nil {
			return err
		}
	}
	b.published++
	next := b.published + 1
	start := time.Now()
	if err := b.release(ctx, next); err != nil {
		return err
	}
	released := time.Since(start)
	if e.Method == "purge" {
		if err := b.purge(ctx); err != nil {
			return err
		}
		s.facts.Add(e.Name+".purge_ns", float64(time.Since(start)-released), "one purge at one edge of each provider, until all have answered")
	}
	times := make([]time.Duration, len(names))
	errs := make([]error, len(names))
	var watchers sync.WaitGroup
	for i, region := range names {
		watchers.Go(func() { times[i], errs[i] = p.watch(ctx, region, next, start) })
	}
	watchers.Wait()
	for i, region := range names {
		if errs[i] != nil {
			return fmt.Errorf("wait until version %d is seen in %q: %w", next, region, errs[i])
		}
		s.facts.Add(e.Name+"."+region+".seen_ns", float64(times[i]), "from the release to the first answer with the new content")
	}
	s.facts.Add(e.Name+".seen_ns", float64(slices.Max(times)), "from the release until the new content was seen in every region")
	return nil
}

// release has every web server serve a version of the static files.
func (b *bed) release(ctx context.Context, version int) error {
	for _, r := range b.system.Topology().RolesOf(targets.KindWeb) {
		if e := b.system.Endpoints()[r.Name]; !b.system.Alive(e.Node) {
			continue
		}
		if err := b.system.Command(ctx, r.Name, targets.Command{Do: targets.DoPublish, Count: version}); err != nil {
			return err
		}
	}
	return nil
}

// purge asks one edge of each provider to drop everything, there and at its
// peers.
func (b *bed) purge(ctx context.Context) error {
	asked := map[string]bool{}
	for _, r := range b.system.Topology().RolesOf(targets.KindEdge) {
		if asked[r.Edge.Provider] {
			continue
		}
		asked[r.Edge.Provider] = true
		url := "http://" + b.system.Endpoints()[r.Name].Address + "/*"
		req, err := http.NewRequestWithContext(ctx, "PURGE", url, nil)
		if err != nil {
			return err
		}
		if r.Edge.PurgeKey != "" {
			req.Header.Set("Authorization", "Bearer "+r.Edge.PurgeKey)
		}
		res, err := operator().Do(req)
		if err != nil {
			return fmt.Errorf("purge at %s: %w", r.Name, err)
		}
		discard(res)
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("purge at %s: status %d", r.Name, res.StatusCode)
		}
	}
	return nil
}

// publication watches one file.
type publication struct {
	bed    *bed
	method string
	file   string
}

// watch asks for the file until the wanted version comes, and says when it
// did, counted from the start.
func (p publication) watch(ctx context.Context, region string, want int, start time.Time) (time.Duration, error) {
	const every = 20 * time.Millisecond
	for {
		sent := time.Now()
		got, err := p.version(ctx, region)
		if err != nil {
			return 0, err
		}
		if got >= want {
			return time.Since(start), nil
		}
		if err := p.bed.session.clock.Until(ctx, sent.Add(every)); err != nil {
			return 0, err
		}
	}
}

// version is the version of the file that a user of the region sees. With
// versioned URLs the user's page, which is not cached, names the URL.
func (p publication) version(ctx context.Context, region string) (int, error) {
	u := p.bed.users[region]
	if u == nil {
		return 0, fmt.Errorf("there is no region %q", region)
	}
	path := "/assets/" + p.file
	if p.method == "versioned" {
		current, err := p.current(ctx, u)
		if err != nil {
			return 0, err
		}
		path += "?v=" + strconv.Itoa(current)
	}
	res, err := ask(ctx, u, p.bed.staticURL.String()+path)
	if err != nil {
		return 0, err
	}
	defer discard(res)
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: status %d", path, res.StatusCode)
	}
	return strconv.Atoi(res.Header.Get("X-Asset-Version"))
}

// current is the version that the site's own page names.
func (p publication) current(ctx context.Context, u *users) (int, error) {
	res, err := ask(ctx, u, p.bed.url()+"/assets")
	if err != nil {
		return 0, err
	}
	var manifest struct {
		Version int `json:"version"`
	}
	err = readJSON(res, &manifest)
	return manifest.Version, err
}

// readJSON reads the body of an answer of at most 1 MiB.
func readJSON(res *http.Response, into any) error {
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d", res.Request.URL, res.StatusCode)
	}
	return json.Unmarshal(data, into)
}

func ask(ctx context.Context, u *users, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return u.client.Do(req)
}
