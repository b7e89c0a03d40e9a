package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// Bounds of what clients send.
const (
	bodyBytes   = 64 << 10
	bodyAllowed = "at most 65536 bytes"
	idBytes     = 64
	textBytes   = 4 << 10
	cursorBytes = 256
	// shownBytes of a wrong value are repeated in the error.
	shownBytes = 40

	userAllowed   = "1 to 9223372036854775807"
	idAllowed     = "1 to 64 of A-Z a-z 0-9 - _ . :"
	textAllowed   = "1 to 4096 bytes without NUL"
	cursorAllowed = "what next was, at most 256 bytes without NUL"
	limitAllowed  = "1 to 1000"
)

// decode reads a request's body, one JSON object without unknown fields, into
// v.
func (x *exchange) decode(v any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(x.w, x.r.Body, bodyBytes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return explain(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return err
		}
		return invalid{"body", "more than one value", "one JSON object"}
	}
	return nil
}

// explain turns an error of the decoder into the client's terms.
func explain(err error) error {
	var large *http.MaxBytesError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &large):
		return err
	case err == io.EOF:
		return invalid{"body", "empty", "one JSON object"}
	case errors.As(err, &wrong):
		field := wrong.Field
		if field == "" {
			field = "body"
		}
		return invalid{field, "a JSON " + wrong.Value, kindAllowed(wrong.Type.Kind())}
	}
	return invalid{"body", "not usable (" + strings.TrimPrefix(err.Error(), "json: ") + ")",
		"one JSON object of the documented fields"}
}

func kindAllowed(k reflect.Kind) string {
	switch k {
	case reflect.Int64:
		return userAllowed
	case reflect.String:
		return "a JSON string"
	}
	return "one JSON object"
}

// parseUser reads a user's or customer's id from a path.
func parseUser(field, s string) (int64, error) {
	// ParseInt takes signs, which would give one user many paths.
	if id, err := strconv.ParseInt(s, 10, 64); err == nil && id >= 1 && s[0] != '+' {
		return id, nil
	}
	return 0, invalid{field, shown(s), userAllowed}
}

func checkUser(id int64) error {
	if id < 1 {
		return invalid{"user", strconv.FormatInt(id, 10), userAllowed}
	}
	return nil
}

// checkID allows ids that are safe in every store's keys and in cursors.
func checkID(id string) error {
	if id == "" || len(id) > idBytes {
		return invalid{"id", fmt.Sprintf("%d bytes long", len(id)), idAllowed}
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == ':':
		default:
			return invalid{"id", shown(id), idAllowed}
		}
	}
	return nil
}

// checkText refuses NUL because PostgreSQL's text type cannot hold it.
func checkText(text string) error {
	if text == "" || len(text) > textBytes {
		return invalid{"text", fmt.Sprintf("%d bytes long", len(text)), textAllowed}
	}
	if strings.IndexByte(text, 0) >= 0 {
		return invalid{"text", "with a NUL", textAllowed}
	}
	return nil
}

func shown(s string) string {
	if len(s) > shownBytes {
		return strconv.Quote(s[:shownBytes]) + "..."
	}
	return strconv.Quote(s)
}
