package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Posts is one HSCAN. Redis takes its COUNT as a hint and may answer more; then the
// cursor says how many of this page were handed out, and the rest comes with the
// next call.
func (k *KV) Posts(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	return k.list(ctx, keyPosts, cursor, limit)
}

// Photos is as Posts.
func (k *KV) Photos(ctx context.Context, cursor string, limit int) (ids []string, next string, err error) {
	return k.list(ctx, keyPhotos, cursor, limit)
}

func (k *KV) list(ctx context.Context, key, cursor string, limit int) (ids []string, next string, err error) {
	what := "list " + key
	at, skip, err := parseCursor(cursor)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", what, err)
	}
	limit = max(limit, 1)
	type page struct {
		pairs []string
		next  uint64
	}
	got, err := statement(k.session(ctx), again, what, func(ctx context.Context) (page, error) {
		scan := named(ctx, k.client, func(c kvCommander) *redis.ScanCmd { return c.HScan(ctx, key, at, "", int64(limit)) })
		pairs, next, err := scan.Result()
		return page{pairs, next}, err
	})
	if err != nil {
		return nil, "", err
	}
	for i := 2 * skip; i < len(got.pairs); i += 2 {
		if len(ids) == limit {
			return ids, fmt.Sprintf("%d+%d", at, skip+limit), nil
		}
		ids = append(ids, got.pairs[i])
	}
	if got.next != 0 {
		next = strconv.FormatUint(got.next, 10)
	}
	return ids, next, nil
}

// parseCursor reads "", "<cursor of HSCAN>" or "<cursor of HSCAN>+<ids to skip>".
func parseCursor(cursor string) (at uint64, skip int, err error) {
	if cursor == "" {
		return 0, 0, nil
	}
	number, rest, skips := strings.Cut(cursor, "+")
	at, err = strconv.ParseUint(number, 10, 64)
	if err == nil && skips {
		skip, err = strconv.Atoi(rest)
	}
	if err != nil || skip < 0 || skip > 1<<30 {
		return 0, 0, fmt.Errorf("bad cursor %.40q", cursor)
	}
	return at, skip, nil
}
