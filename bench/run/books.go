package run

import (
	"context"
	"net/http"
	"time"

	"rung/bench"
	"rung/bench/ledger"
	"rung/targets"
)

// books are the ledgers of an attack: of posts, and of photos where a queue
// takes them. (Elsewhere a photo is a post that takes longer.)
type books struct {
	posts, photos *ledger.Ledger
}

func newBooks(t targets.Topology) *books {
	b := &books{posts: ledger.New()}
	if queued(t) {
		b.photos = ledger.New()
	}
	return b
}

// queued says that photos go through a queue.
func queued(t targets.Topology) bool {
	for _, r := range t.RolesOf(targets.KindWeb) {
		if len(r.Web.Queues) > 0 {
			return true
		}
	}
	return false
}

// watch has the ledgers note what becomes of writes.
func (b *books) watch(source bench.Source) bench.Source {
	source = b.posts.Watch(source, string(targets.OpPost))
	if b.photos != nil {
		source = b.photos.Watch(source, string(targets.OpPhoto))
	}
	return source
}

// audits compares what the site holds with what it promised. Photos are
// looked at when no queue holds any.
func (b *bed) audits(ctx context.Context, books *books, run string) (posts bench.Audit, photos *bench.Audit) {
	reader := ledger.Reader{Client: &http.Client{Transport: b.client.Transport, Timeout: 5 * time.Second}, BaseURL: b.url(), Run: run}
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	posts = books.posts.Audit(reader.Posts(ctx))
	if books.photos == nil {
		return posts, nil
	}
	if err := b.drained(ctx); err != nil {
		return posts, &bench.Audit{Why: err.Error()}
	}
	audit := books.photos.Audit(reader.Photos(ctx))
	return posts, &audit
}

// drained waits until no queue holds a message.
func (b *bed) drained(ctx context.Context) error {
	return b.until(ctx, "the queues are empty", func() bool {
		waiting, heard := b.backlog(ctx)
		return heard && waiting == 0
	})
}

// backlog is how many messages all queues hold; heard is false when one did
// not answer.
func (b *bed) backlog(ctx context.Context) (waiting float64, heard bool) {
	heard = true
	metrics := b.metrics(ctx)
	for _, n := range b.system.Topology().Nodes {
		for _, r := range n.Roles {
			if r.Kind != targets.KindQueue {
				continue
			}
			m, ok := metrics[n.Name].Roles[r.Name]
			heard = heard && ok
			waiting += m["messages"]
		}
	}
	return waiting, heard
}
