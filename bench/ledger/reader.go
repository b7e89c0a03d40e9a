package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Bounds of a reading.
const (
	pageSize  = 1000
	pageBytes = 4 << 20
	maxPages  = 100_000
	tries     = 4
	pause     = 100 * time.Millisecond // doubled after each try
)

// Reader reads the keys that a store holds through the application:
//
//	GET /posts?cursor=<opaque>&limit=1000   {"ids":[...],"next":"<cursor>"}
//
// and GET /photos in the same way. An empty next is the end. Safe for
// concurrent use.
type Reader struct {
	// Client makes the requests; its Timeout bounds each.
	Client *http.Client
	// BaseURL is "http://host:port".
	BaseURL string
	// Run names the run whose keys are wanted: those that start with it and
	// a dash. Empty means the keys of all runs.
	Run string
}

// Posts pages through the ids of posts. A page that fails is tried four times
// in all; then the error is the last thing that comes.
func (r Reader) Posts(ctx context.Context) iter.Seq2[string, error] { return r.keys(ctx, "posts") }

// Photos is Posts for photos.
func (r Reader) Photos(ctx context.Context) iter.Seq2[string, error] { return r.keys(ctx, "photos") }

func (r Reader) keys(ctx context.Context, of string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		prefix := ""
		if r.Run != "" {
			prefix = r.Run + "-"
		}
		cursor := ""
		for range maxPages {
			p, err := r.page(ctx, of, cursor)
			if err != nil {
				yield("", fmt.Errorf("read %s from cursor %q: %w", of, cursor, err))
				return
			}
			for _, id := range p.IDs {
				if strings.HasPrefix(id, prefix) && !yield(id, nil) {
					return
				}
			}
			if p.Next == "" {
				return
			}
			if p.Next == cursor {
				yield("", fmt.Errorf("read %s: cursor %q does not move on", of, cursor))
				return
			}
			cursor = p.Next
		}
		yield("", fmt.Errorf("read %s: no end after %d pages", of, maxPages))
	}
}

type page struct {
	IDs  []string `json:"ids"`
	Next string   `json:"next"`
}

// errFinal is an answer that another try would not change.
type errFinal struct{ error }

func (r Reader) page(ctx context.Context, of, cursor string) (p page, err error) {
	wait := pause
	for try := range tries {
		if try > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return page{}, ctx.Err()
			}
			wait *= 2
		}
		p, err = r.get(ctx, of, cursor)
		var final errFinal
		if err == nil || ctx.Err() != nil || errors.As(err, &final) {
			return p, err
		}
	}
	return page{}, fmt.Errorf("%d tries: %w", tries, err)
}

func (r Reader) get(ctx context.Context, of, cursor string) (page, error) {
	query := url.Values{"cursor": {cursor}, "limit": {strconv.Itoa(pageSize)}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.BaseURL+"/"+of+"?"+query.Encode(), nil)
	if err != nil {
		return page{}, errFinal{err}
	}
	response, err := r.Client.Do(request)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, pageBytes+1))
	switch {
	case err != nil:
		return page{}, fmt.Errorf("body: %w", err)
	case response.StatusCode >= 400 && response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests:
		return page{}, errFinal{fmt.Errorf("status %s", response.Status)}
	case response.StatusCode != http.StatusOK:
		return page{}, fmt.Errorf("status %s", response.Status)
	case len(body) > pageBytes:
		return page{}, errFinal{fmt.Errorf("page is over %d bytes", pageBytes)}
	}
	var p page
	if err := json.Unmarshal(body, &p); err != nil {
		return page{}, errFinal{fmt.Errorf("body: %w", err)}
	}
	return p, nil
}
