package database

import (
	"reflect"
	"strings"
	"testing"
)

func TestRewrite(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"parameters", "SELECT $1, $12", "SELECT ?1, ?12"},
		{"parameter in a string", "SELECT '$1'", "SELECT '$1'"},
		{"parameter in an identifier", `SELECT "$1"`, "SELECT `$1`"},
		{"parameter in a line comment", "SELECT 1 -- $1\n, $2", "SELECT 1 , ?2"},
		{"parameter in a nested comment", "SELECT /* a /* $1 */ b */ $2", "SELECT ?2"},
		{"quotes in a string", "SELECT 'it''s'", "SELECT 'it''s'"},
		{"semicolon in a string", "SELECT ';'", "SELECT ';'"},
		{"escape string", `SELECT E'a\'b\\c\n'`, "SELECT 'a''b\\c\n'"},
		{"backslash in a plain string", `SELECT 'a\'`, `SELECT 'a\'`},
		{"dollar quoting", "SELECT $$it's; $1$$", "SELECT 'it''s; $1'"},
		{"tagged dollar quoting", "SELECT $a$ $$ $b$ $a$", "SELECT ' $$ $b$ '"},
		{"quoted identifier", "SELECT \"a\"\"b\" FROM \"or`ders\"", "SELECT `a\"b` FROM `or``ders`"},
		{"blob", "SELECT X'00fF'", "SELECT x'00fF'"},
		{"cast", "SELECT $1::bigint", "SELECT ?1 "},
		{"cast with size", "SELECT a::varchar(10), b::numeric(3, 2) FROM t", "SELECT a , b  FROM t"},
		{"cast of two words", "SELECT a::double precision+1", "SELECT a +1"},
		{"cast with time zone", "SELECT a::timestamp with time zone", "SELECT a "},
		{"cast with schema", "SELECT 'x'::pg_catalog.text", "SELECT 'x' "},
		{"cast between minus signs", "SELECT 1 -::int-2", "SELECT 1 - -2"},
		{"comment between minus signs", "SELECT 1 -/**/-2", "SELECT 1 - -2"},
		{"default schema", "SELECT public.users.id FROM public.users", "SELECT  users.id FROM  users"},
		{"exponents", "SELECT 1.5e-3, 2E+4, .5, 0x1e+1", "SELECT 1.5e-3, 2E+4, .5, 0x1e+1"},
		{"not ASCII", "SELECT 'ü' AS größe", "SELECT 'ü' AS größe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tokens, f := scan(c.in)
			if f != nil {
				t.Fatal(f)
			}
			got, _, f := rewrite(tokens)
			if f != nil || got != c.want {
				t.Errorf("rewrite(%s) = %q, %v; want %q", c.in, got, f, c.want)
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	for _, c := range []struct {
		name, in, code string
		position       int
	}{
		{"open string", "SELECT 'a", codeSyntax, 8},
		{"open identifier", `SELECT "a`, codeSyntax, 8},
		{"open comment", "SELECT /* a /* b */", codeSyntax, 8},
		{"open dollar quote", "SELECT $a$ b $c$", codeSyntax, 8},
		{"open escape", `SELECT E'a\`, codeSyntax, 8},
		{"empty identifier", `SELECT ""`, codeSyntax, 8},
		{"SQLite parameter", "SELECT ?", codeSyntax, 8},
		{"SQLite named parameter", "SELECT :a", codeSyntax, 8},
		{"SQLite identifier", "SELECT `a`", codeSyntax, 8},
		{"SQLite bracket", "SELECT [a]", codeSyntax, 8},
		{"position in characters", "SELECT 'ü', ?", codeSyntax, 13},
		{"parameter zero", "SELECT $0", codeNoParameter, 8},
		{"parameter too high", "SELECT $99999999999999999999", codeNoParameter, 8},
		{"odd blob", "SELECT X'0'", codeSyntax, 8},
		{"bit string", "SELECT B'01'", codeUnsupported, 0},
		{"numeric escape", `SELECT E'\x00'`, codeUnsupported, 10},
		{"zero byte", "SELECT '\x00'", codeSyntax, 0},
		{"not UTF-8", "SELECT '\xff'", codeBadEncoding, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, f := scan(c.in)
			if f == nil || f.code != c.code || f.position != c.position {
				t.Errorf("scan(%q) fails with %+v; want %s at %d", c.in, f, c.code, c.position)
			}
		})
	}
}

func TestCasts(t *testing.T) {
	for text, want := range map[string]map[int]uint32{
		"SELECT $1::bigint, $2::TEXT":                 {1: oidInt8, 2: oidText},
		"SELECT ($1)::bigint":                         nil,
		"SELECT $1::double precision":                 {1: oidFloat8},
		"SELECT $1::timestamp(3) with time zone, $2":  {1: oidTimestampTZ},
		"SELECT $1::no_such_type":                     {1: 0},
		`SELECT $2::"bool", $1::pg_catalog.int4`:      {1: oidInt4, 2: oidBool},
		"SELECT $1::character varying(5), $2::bytea ": {1: oidVarchar, 2: oidBytea},
	} {
		statements, f := parse(text)
		if f != nil || len(statements) != 1 {
			t.Fatalf("%s: %v", text, f)
		}
		if got := statements[0].casts; !reflect.DeepEqual(got, want) {
			t.Errorf("%s casts %v; want %v", text, got, want)
		}
	}
	if _, f := parse("SELECT 1::"); f == nil || f.code != codeSyntax {
		t.Errorf("a cast to nothing: %v", f)
	}
}

// FuzzParse: no input may crash the parser, and whatever it lets through is, by
// SQLite's lexical rules, one statement that starts with an allowed keyword and
// has no comment and no parameter but ?N.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"SELECT $1::int, 'a''b', \"c\", $$d$$ -- e\n; SELECT 2",
		`INSERT INTO t (a, b) VALUES ($1, E'\'') ON CONFLICT DO NOTHING RETURNING a`,
		"WITH x AS (SELECT 1) SELECT * FROM x JOIN users u ON u.id = $1 WHERE u.id = 3",
		"BEGIN; SET a.b = 'c', 1; COMMIT", "EXPLAIN SELECT 1", "select -::int-1", "$a$;$a", "X'00'",
		"CREATE TABLE t (a int); ATTACH 'x' AS y; PRAGMA z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		statements, bad := parse(script)
		if bad != nil {
			return
		}
		for _, st := range statements {
			if !st.engine() || st.refused != nil {
				continue
			}
			checkForSQLite(t, st.sql)
			in := infer(st, catalog{"users": {"id": oidInt8}}, nil)
			in.results([]column{{name: "a"}})
			st.key.page(nil)
		}
	})
}

// checkForSQLite reads a statement by the rules of SQLite's tokenizer.
func checkForSQLite(t *testing.T, sql string) {
	t.Helper()
	first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(sql)), " ")
	allowed := false
	for _, word := range []string{"select", "values", "with", "insert", "update", "delete", "create", "explain"} {
		allowed = allowed || strings.HasPrefix(first, word)
	}
	if !allowed {
		t.Fatalf("%q starts with %q", sql, first)
	}
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; {
		case c == '\'' || c == '`':
			for i++; ; i++ {
				if i >= len(sql) {
					t.Fatalf("%q has an open quote", sql)
				}
				if sql[i] == c {
					if i+1 < len(sql) && sql[i+1] == c {
						i++
						continue
					}
					break
				}
			}
		case c == '?':
			if i+1 == len(sql) || !isDigit(sql[i+1]) {
				t.Fatalf("%q has a parameter without a number", sql)
			}
		case strings.IndexByte(";\"[]#@:$\x00", c) >= 0:
			t.Fatalf("%q has a %q outside of quotes", sql, c)
		case c == '-' && strings.HasPrefix(sql[i:], "--"), c == '/' && strings.HasPrefix(sql[i:], "/*"):
			t.Fatalf("%q has a comment", sql)
		}
	}
}
