package database

import (
	"strconv"
	"strings"
)

// rewrite writes a statement's tokens for SQLite: parameters as ?N, strings and
// identifiers in the one quoting that SQLite cannot misread, comments and casts
// left out. Casts of parameters are reported by parameter number.
//
// Whatever is left out leaves a space, so that no two tokens ever join to a new
// one (such as two minus signs to a comment).
func rewrite(tokens []token) (sql string, casts map[int]uint32, f *failure) {
	var b strings.Builder
	for i := 0; i < len(tokens); {
		t := tokens[i]
		if t.is("::") {
			oid, length, f := castType(tokens[i+1:])
			if f != nil {
				return "", nil, f
			}
			if i > 0 && tokens[i-1].kind == tokenParam {
				if casts == nil {
					casts = map[int]uint32{}
				}
				casts[tokens[i-1].param] = oid
			}
			b.WriteByte(' ')
			i += 1 + length
			continue
		}
		if t.gap {
			b.WriteByte(' ')
		}
		// PostgreSQL's default schema is SQLite's only one.
		if t.name() == "public" && i+2 < len(tokens) && tokens[i+1].is(".") {
			b.WriteByte(' ')
			i += 2
			continue
		}
		t.write(&b)
		i++
	}
	return b.String(), casts, nil
}

func (t token) write(b *strings.Builder) {
	switch t.kind {
	case tokenText:
		quote(b, t.text, '\'')
	case tokenBlob:
		b.WriteByte('x')
		quote(b, t.text, '\'')
	case tokenQuoted:
		// Not in double quotes: SQLite takes an unknown name in those for a
		// string.
		quote(b, t.text, '`')
	case tokenParam:
		b.WriteByte('?')
		b.WriteString(strconv.Itoa(t.param))
	default:
		b.WriteString(t.text)
	}
}

func quote(b *strings.Builder, text string, mark byte) {
	b.WriteByte(mark)
	for i := range len(text) {
		if text[i] == mark {
			b.WriteByte(mark)
		}
		b.WriteByte(text[i])
	}
	b.WriteByte(mark)
}

// castType reads the type name after :: and returns its OID, 0 if it is not
// known, and how many tokens it takes.
func castType(tokens []token) (oid uint32, length int, f *failure) {
	if len(tokens) == 0 || tokens[0].name() == "" {
		f := fail(codeSyntax, "syntax error: a type name is missing after ::")
		return 0, 0, f
	}
	name := tokens[0].name()
	length = 1
	word := func(i int) string {
		if i < len(tokens) {
			return tokens[i].low
		}
		return ""
	}
	if name == "pg_catalog" && length+1 < len(tokens) && tokens[length].is(".") {
		name = tokens[length+1].name()
		length += 2
	}
	if next := word(length); name == "double" && next == "precision" ||
		(name == "character" || name == "bit") && next == "varying" {
		name += " " + next
		length++
	}
	length += typeModifier(tokens[length:])
	if name == "timestamp" || name == "time" {
		if with := word(length); (with == "with" || with == "without") &&
			word(length+1) == "time" && word(length+2) == "zone" {
			length += 3
			if with == "with" {
				name += "tz"
			}
		}
	}
	return oidOfType(name), length, nil
}

// typeModifier returns the length of a "(10)" or "(10, 2)" at the start.
func typeModifier(tokens []token) int {
	if len(tokens) < 3 || !tokens[0].is("(") || tokens[1].kind != tokenNumber {
		return 0
	}
	if tokens[2].is(")") {
		return 3
	}
	if len(tokens) >= 5 && tokens[2].is(",") && tokens[3].kind == tokenNumber && tokens[4].is(")") {
		return 5
	}
	return 0
}
