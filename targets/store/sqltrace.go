package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rung/targets/trace"
)

// sqlTraced returns what to send for a statement: itself, or, when the request is traced,
// with the trace in a comment behind it, each try in a span of its own (sqlcommenter,
// https://google.github.io/sqlcommenter/spec/). The text is then another one each time,
// so it is not prepared; arguments are bound all the same.
func sqlTraced(ctx context.Context, statement string, args ...any) (string, []any) {
	t, ok := trace.Of(ctx)
	if !ok || !t.Sampled {
		return statement, args
	}
	return statement + t.Child().Comment(), slices.Insert(args, 0, any(pgx.QueryExecModeExec))
}

// sqlExec is [pgx.Conn.Exec] of what sqlTraced returns.
func sqlExec(ctx context.Context, c *pgx.Conn, statement string, args ...any) (pgconn.CommandTag, error) {
	statement, args = sqlTraced(ctx, statement, args...)
	return c.Exec(ctx, statement, args...)
}

// sqlQuery is [pgx.Conn.Query] of what sqlTraced returns.
func sqlQuery(ctx context.Context, c *pgx.Conn, statement string, args ...any) (pgx.Rows, error) {
	statement, args = sqlTraced(ctx, statement, args...)
	return c.Query(ctx, statement, args...)
}
