package endpoint

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Target is a request that is sent again and again.
type Target struct {
	// Name of the operation that it is measured as. Targets of one name and
	// host are one operation. Empty means that it is made of method and path.
	// Allowed are a-z, 0-9 and hyphens, up to 40 characters, from a letter on.
	Name string
	// Method is a token; empty means GET.
	Method string
	// URL is absolute: http or https, with a host.
	URL string
	// Header is sent as it is, case included. A Host in it is the name that
	// the server is asked for; the connection goes to that of the URL.
	Header http.Header
	Body   []byte
	// Weight is its share of the requests against those of the others. Zero
	// means 1.
	Weight float64
}

// Bounds of what is read and sent.
const (
	// MaxTargets is the most targets of an attack.
	MaxTargets = 100_000
	// MaxBody is the largest body, and MaxBodies all of them, in bytes.
	MaxBody   = 16 << 20
	MaxBodies = 256 << 20
	// maxHeaders is the most header lines of a target.
	maxHeaders = 200
	// maxWeight keeps sums of weights exact enough.
	maxWeight = 1e9
	// maxURL is the longest URL, and maxName the longest name.
	maxURL  = 16 << 10
	maxName = 40
)

// check says what is wrong with a target, and gives its URL.
func (t Target) check() (*url.URL, error) {
	if t.Method != "" && !isToken(t.Method) {
		return nil, fmt.Errorf("method %.40q is not a token such as GET", t.Method)
	}
	if t.Name != "" && !isName(t.Name) {
		return nil, fmt.Errorf("name %.60q: allowed are a-z, 0-9 and hyphens, up to %d, from a letter on", t.Name, maxName)
	}
	if !(t.Weight >= 0 && t.Weight <= maxWeight) { // refuses NaN, too
		return nil, fmt.Errorf("weight %v: allowed is above 0 to %v", t.Weight, float64(maxWeight))
	}
	if len(t.Body) > MaxBody {
		return nil, fmt.Errorf("body of %d bytes: allowed are up to %d", len(t.Body), MaxBody)
	}
	if err := checkHeader(t.Header); err != nil {
		return nil, err
	}
	return parseURL(t.URL)
}

// parseURL reads an absolute URL. Its error never repeats a password.
func parseURL(text string) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, fmt.Errorf("URL of %d bytes: allowed are up to %d", len(text), maxURL)
	}
	if !strings.Contains(text, "://") {
		return nil, fmt.Errorf("URL %.100q says no scheme: want http://host/path or https://host/path", text[strings.LastIndexByte(text, '@')+1:])
	}
	u, err := url.Parse(text)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return nil, fmt.Errorf("URL: %w", err)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("URL %.100q: want http://host/path or https://host/path", u.Redacted())
	case u.Hostname() == "":
		return nil, fmt.Errorf("URL %.100q has no host", u.Redacted())
	case strings.IndexFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0:
		return nil, fmt.Errorf("URL %.100q: write the host in ASCII (punycode: xn--...)", u.Redacted())
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("URL %.100q: port %.20s: allowed is 1 to 65535", u.Redacted(), port)
		}
	}
	return u, nil
}

func checkHeader(h http.Header) error {
	lines := 0
	for key, values := range h {
		if !isToken(key) {
			return fmt.Errorf("header name %.60q is not a token such as Content-Type", key)
		}
		if strings.EqualFold(key, "Content-Length") || strings.EqualFold(key, "Transfer-Encoding") {
			return fmt.Errorf("header %s cannot be set: it follows from the body", key)
		}
		for _, v := range values {
			if strings.IndexFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) >= 0 {
				return fmt.Errorf("header %s has a control character in its value", key)
			}
		}
		lines += len(values)
	}
	if lines > maxHeaders {
		return fmt.Errorf("%d header lines: allowed are up to %d", lines, maxHeaders)
	}
	return nil
}

// isToken says whether a text is a token of HTTP (RFC 9110, 5.6.2).
func isToken(text string) bool {
	return text != "" && len(text) <= 256 && strings.IndexFunc(text, func(r rune) bool {
		return !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}) < 0
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// isName says whether a text can name an operation in a fact.
func isName(text string) bool {
	return text != "" && len(text) <= maxName && text[0] >= 'a' && text[0] <= 'z' && strings.IndexFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

// weight of the target, with its default.
func (t Target) weight() float64 {
	if t.Weight == 0 {
		return 1
	}
	return t.Weight
}

// method of the target, with its default.
func (t Target) method() string {
	if t.Method == "" {
		return http.MethodGet
	}
	return t.Method
}
