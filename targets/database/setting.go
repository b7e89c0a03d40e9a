package database

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	// defaultTimeout ends statements that run away. PostgreSQL has none.
	defaultTimeout = 30 * time.Second
	// maxSettings bounds what a session sets, maxSetting the length of each.
	maxSettings = 64
	maxSetting  = 1024
)

// setting is a run-time parameter that the server knows.
type setting struct {
	name, value string
	// report says that clients are told the value, and changes of it.
	report bool
	// fixed says that it cannot be set to anything else.
	fixed bool
}

// known lists the parameters. Most change nothing: they are here because clients
// set them.
func known() []setting {
	return []setting{
		{name: "application_name", report: true},
		{name: "bytea_output", value: "hex", fixed: true},
		{name: "client_encoding", value: "UTF8", report: true, fixed: true},
		{name: "client_min_messages", value: "notice"},
		{name: "DateStyle", value: "ISO, MDY", report: true},
		{name: "default_transaction_isolation", value: "read committed", fixed: true},
		{name: "default_transaction_read_only", value: "off"},
		{name: "extra_float_digits", value: "1"},
		{name: "idle_in_transaction_session_timeout", value: "30s"},
		{name: "in_hot_standby", value: "off", report: true, fixed: true},
		{name: "integer_datetimes", value: "on", report: true, fixed: true},
		{name: "IntervalStyle", value: "postgres", report: true},
		{name: "is_superuser", value: "off", report: true, fixed: true},
		{name: "lock_timeout", value: "0"},
		{name: "max_identifier_length", value: "63", fixed: true},
		{name: "row_security", value: "on"},
		{name: "search_path", value: `"$user", public`},
		{name: "server_encoding", value: "UTF8", report: true, fixed: true},
		{name: "standard_conforming_strings", value: "on", report: true, fixed: true},
		{name: "statement_timeout", value: "30s"},
		{name: "synchronous_commit", value: "on", fixed: true},
		{name: "TimeZone", value: "UTC", report: true},
		{name: "transaction_isolation", value: "read committed", fixed: true},
		{name: "transaction_read_only", value: "off", fixed: true},
	}
}

// settings are the run-time parameters of a session.
type settings struct {
	// base are the values at the start of the session, set those that differ.
	base map[string]string
	set  map[string]string
	// canonical is the spelling of each known name by its lower case.
	canonical map[string]setting
	limit     time.Duration
}

func newSettings(serverVersion string) settings {
	s := settings{base: map[string]string{}, set: map[string]string{}, canonical: map[string]setting{}, limit: defaultTimeout}
	version := setting{name: "server_version", value: serverVersion, report: true, fixed: true}
	for _, k := range append(known(), version) {
		s.canonical[strings.ToLower(k.name)] = k
		s.base[k.name] = k.value
	}
	return s
}

func (s *settings) get(name string) string {
	if v, ok := s.set[name]; ok {
		return v
	}
	return s.base[name]
}

// timeout is the time-out of a statement; 0 is none.
func (s *settings) timeout() time.Duration { return s.limit }

// find returns the canonical form of a name.
func (s *settings) find(name string) (setting, *failure) {
	if k, ok := s.canonical[strings.ToLower(name)]; ok {
		return k, nil
	}
	if strings.Contains(name, ".") && len(name) <= maxSetting { // an extension's own
		return setting{name: strings.ToLower(name)}, nil
	}
	return setting{}, fail(codeNoObject, "unrecognized configuration parameter %q", clip(name))
}

// put sets a parameter and returns it, for the report to the client.
func (s *settings) put(name, value string) (setting, *failure) {
	k, f := s.find(name)
	if f != nil {
		return k, f
	}
	same := strings.EqualFold(value, s.base[k.name]) ||
		k.name == "client_encoding" && slices.Contains([]string{"utf8", "utf-8", "unicode"}, strings.ToLower(value))
	switch {
	case k.fixed && !same:
		return k, fail(codeBadParameter, "parameter %q cannot be set to %q", k.name, clip(value))
	case k.fixed:
		return k, nil
	case len(value) > maxSetting || len(s.set) >= maxSettings:
		return k, fail(codeTooBig, "too many or too long run-time parameters")
	}
	if k.name == "statement_timeout" {
		limit, f := parseTimeout(value)
		if f != nil {
			return k, f
		}
		s.limit = limit
	}
	if k.name == "default_transaction_read_only" {
		value = onOff(value)
	}
	s.set[k.name] = value
	return k, nil
}

// reset puts one parameter, or all for "", back to its value at the start.
func (s *settings) reset(name string) (setting, *failure) {
	if name == "" {
		clear(s.set)
		s.limit = defaultTimeout
		return setting{}, nil
	}
	k, f := s.find(name)
	if f == nil {
		delete(s.set, k.name)
		if k.name == "statement_timeout" {
			s.limit = defaultTimeout
		}
	}
	return k, f
}

// reports are the messages about all reported parameters, by name.
func (s *settings) reports() []*pgproto3.ParameterStatus {
	var list []*pgproto3.ParameterStatus
	for _, name := range s.names() {
		if k := s.canonical[strings.ToLower(name)]; k.report {
			list = append(list, &pgproto3.ParameterStatus{Name: name, Value: s.get(name)})
		}
	}
	return list
}

// names lists all parameters, sorted.
func (s *settings) names() []string {
	names := make([]string, 0, len(s.base))
	for name := range s.base {
		names = append(names, name)
	}
	for name := range s.set {
		if _, ok := s.base[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func onOff(value string) string {
	if slices.Contains([]string{"on", "true", "yes", "1", "t", "y"}, strings.ToLower(value)) {
		return "on"
	}
	return "off"
}

// parseTimeout reads a duration: a number of milliseconds, or one with the unit
// us, ms, s, min or h.
func parseTimeout(value string) (time.Duration, *failure) {
	number, unit := strings.TrimSpace(value), time.Millisecond
	for _, u := range [...]struct {
		suffix string
		unit   time.Duration
	}{{"min", time.Minute}, {"us", time.Microsecond}, {"ms", time.Millisecond}, {"s", time.Second}, {"h", time.Hour}} {
		if n, ok := strings.CutSuffix(number, u.suffix); ok {
			number, unit = strings.TrimSpace(n), u.unit
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > int64(24*time.Hour/unit) {
		return 0, fail(codeBadParameter, "invalid value for parameter \"statement_timeout\": %q", clip(value))
	}
	return time.Duration(n) * unit, nil
}

// after calls f once d has passed, unless stopped. A d of zero is never.
func after(d time.Duration, f func()) (stop func()) {
	if d == 0 {
		return func() {}
	}
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}
