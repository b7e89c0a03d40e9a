package database

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"rung/targets/machine"
)

// SQLSTATE codes, from appendix A of the PostgreSQL manual.
const (
	codeProtocol     = "08P01"
	codeUnsupported  = "0A000"
	codeBadEncoding  = "22021"
	codeOutOfRange   = "22003"
	codeBadParameter = "22023"
	codeBadText      = "22P02"
	codeBadBinary    = "22P03"
	codeNotNull      = "23502"
	codeForeignKey   = "23503"
	codeUnique       = "23505"
	codeCheck        = "23514"
	codeActive       = "25001"
	codeReadOnly     = "25006"
	codeNoBlock      = "25P01"
	codeFailedBlock  = "25P02"
	codeIdleInBlock  = "25P03"
	codeNoStatement  = "26000"
	codeBadUser      = "28000"
	codeNoCursor     = "34000"
	codeDenied       = "42501"
	codeSyntax       = "42601"
	codeDupColumn    = "42701"
	codeAmbiguous    = "42702"
	codeNoColumn     = "42703"
	codeNoObject     = "42704"
	codeGrouping     = "42803"
	codeMismatch     = "42804"
	codeNoFunction   = "42883"
	codeNoTable      = "42P01"
	codeNoParameter  = "42P02"
	codeDupCursor    = "42P03"
	codeDupStatement = "42P05"
	codeDupTable     = "42P07"
	codeDiskFull     = "53100"
	codeNoMemory     = "53200"
	codeTooMany      = "53300"
	codeTooBig       = "54000"
	codeNotReady     = "55000"
	codeLocked       = "55P03"
	codeCanceled     = "57014"
	codeShutdown     = "57P01"
	codeIO           = "58030"
	codeInternal     = "XX000"
	codeCorrupt      = "XX001"
)

const (
	severityError = "ERROR"
	severityFatal = "FATAL"
)

// SQLite's extended result codes for constraints.
const (
	sqliteStrictTypes   = sqlite3.SQLITE_CONSTRAINT_DATATYPE
	sqliteNotNull       = sqlite3.SQLITE_CONSTRAINT_NOTNULL
	sqliteUnique        = sqlite3.SQLITE_CONSTRAINT_UNIQUE
	sqlitePrimaryKey    = sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	sqliteRowID         = sqlite3.SQLITE_CONSTRAINT_ROWID
	sqliteForeignKey    = sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
	sqliteCheck         = sqlite3.SQLITE_CONSTRAINT_CHECK
	sqlitePrimaryResult = 0xff // the low byte of an extended result code
)

// Why a statement was stopped before its end.
var (
	errUserCancel = errors.New("canceling statement due to user request")
	errTimeout    = errors.New("canceling statement due to statement timeout")
)

// failure is an error as the client sees it.
type failure struct {
	severity string
	code     string
	message  string
	detail   string
	hint     string
	// position is the 1-based place in the statement, in characters; 0 is
	// unknown.
	position int
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func (f *failure) fatal() bool { return f.severity == severityFatal }

func fail(code, format string, args ...any) *failure {
	return &failure{severity: severityError, code: code, message: fmt.Sprintf(format, args...)}
}

func fatal(code, format string, args ...any) *failure {
	return &failure{severity: severityFatal, code: code, message: fmt.Sprintf(format, args...)}
}

// failureOf words err for the client. When the statement's context has ended,
// its cause is the reason, whatever err says.
func failureOf(ctx context.Context, err error, path string) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if ctx.Err() != nil {
		switch cause := context.Cause(ctx); {
		case errors.Is(cause, errUserCancel), errors.Is(cause, errTimeout):
			return fail(codeCanceled, "%v", cause)
		default:
			return shutdownFailure()
		}
	}
	if errors.Is(err, machine.ErrFull) {
		return fail(codeTooMany, "the machine's queue is full")
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteFailure(e, path)
	}
	return fail(codeInternal, "%v", err)
}

func shutdownFailure() *failure {
	return fatal(codeShutdown, "terminating connection due to administrator command")
}

// sqliteFailure maps SQLite's extended result codes to SQLSTATE.
func sqliteFailure(e *sqlite.Error, path string) *failure {
	message := plain(e.Error())
	constraint := func(code, what string) *failure {
		f := fail(code, "%s", what)
		f.detail = message
		return f
	}
	switch e.Code() {
	case sqliteUnique, sqlitePrimaryKey, sqliteRowID:
		return constraint(codeUnique, "duplicate key value violates unique constraint")
	case sqliteNotNull:
		return constraint(codeNotNull, "null value violates not-null constraint")
	case sqliteForeignKey:
		return constraint(codeForeignKey, "insert, update or delete violates foreign key constraint")
	case sqliteCheck:
		return constraint(codeCheck, "new row violates check constraint")
	case sqliteStrictTypes:
		return fail(codeBadText, "invalid input syntax: %s", message)
	}
	switch e.Code() & sqlitePrimaryResult {
	case sqlite3.SQLITE_ERROR:
		return fail(codeOfMessage(message), "%s", message)
	case sqlite3.SQLITE_FULL:
		return fail(codeDiskFull, "could not write to file %q: no space left on device", path)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return fail(codeIO, "could not access file %q: %s", path, message)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fail(codeCorrupt, "file %q is damaged: %s", path, message)
	case sqlite3.SQLITE_NOMEM:
		return fail(codeNoMemory, "out of memory")
	case sqlite3.SQLITE_TOOBIG:
		return fail(codeTooBig, "%s", message)
	case sqlite3.SQLITE_INTERRUPT:
		return fail(codeCanceled, "%v", errUserCancel)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fail(codeLocked, "%s", message)
	case sqlite3.SQLITE_READONLY:
		return fail(codeReadOnly, "cannot write in a read-only transaction")
	case sqlite3.SQLITE_MISMATCH:
		return fail(codeMismatch, "%s", message)
	case sqlite3.SQLITE_AUTH:
		return fail(codeDenied, "%s", message)
	case sqlite3.SQLITE_CONSTRAINT:
		return constraint(codeCheck, "constraint violated")
	}
	return fail(codeInternal, "%s", message)
}

// plain strips what the driver puts around SQLite's own message: the name of the
// result code before it and the number after it.
func plain(message string) string {
	message = strings.TrimPrefix(message, "SQL logic error: ")
	message = strings.TrimPrefix(message, "constraint failed: ")
	if i := strings.LastIndex(message, " ("); i > 0 && strings.HasSuffix(message, ")") {
		message = message[:i]
	}
	return message
}

// codeOfMessage tells the kinds of SQLITE_ERROR apart, for which SQLite has one
// code and different words.
func codeOfMessage(message string) string {
	for _, c := range [...]struct{ part, code string }{
		{"syntax error", codeSyntax},
		{"incomplete input", codeSyntax},
		{"unrecognized token", codeSyntax},
		{"no such table", codeNoTable},
		{"no such column", codeNoColumn},
		{"has no column named", codeNoColumn},
		{"ambiguous column name", codeAmbiguous},
		{"no such function", codeNoFunction},
		{"wrong number of arguments", codeNoFunction},
		{"misuse of aggregate", codeGrouping},
		{"misuse of window", codeGrouping},
		{"already exists", codeDupTable},
		{"already another table", codeDupTable},
		{"no such collation", codeNoObject},
		{"not authorized", codeDenied},
		{"prohibited", codeDenied},
		{"may not be modified", codeDenied},
		{"reserved for internal use", codeDenied},
		{"integer overflow", codeOutOfRange},
		{"values for", codeSyntax},
		{"values were supplied", codeSyntax},
		{"same number of", codeSyntax},
		{"does not match any", codeSyntax},
		{"variable number", codeNoParameter},
		{"too many", codeTooBig},
		{"too large", codeTooBig},
		{"maximum depth", codeTooBig},
		{"too big", codeTooBig},
		{"parser stack overflow", codeTooBig},
		{"duplicate column name", codeDupColumn},
	} {
		if strings.Contains(message, c.part) {
			return c.code
		}
	}
	return codeSyntax
}
