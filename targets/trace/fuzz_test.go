package trace_test

import (
	"net/http"
	"testing"

	"rung/targets/trace"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", parent, "ff" + parent[2:], "01" + parent[2:] + "-x", parent[:54]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := trace.Parse(s)
		if err != nil {
			return
		}
		if again, err := trace.Parse(c.String()); err != nil || again != c {
			t.Errorf("%q is %+v, which is read back as %+v, %v", s, c, again, err)
		}
	})
}

func FuzzFromComment(f *testing.F) {
	for _, seed := range []string{
		"", "SELECT 1 /*request_id='a%20b',traceparent='" + parent + "'*/", "/**/", "/*/", "/*a='\\", "/*a='%", "/*='',='',*/;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		c, ok := trace.FromComment(sql)
		if !ok {
			return
		}
		if again, ok := trace.FromComment(sql + c.Comment()); !ok || again != c {
			t.Errorf("%q has %+v, which is read back as %+v, %v", sql, c, again, ok)
		}
	})
}

func FuzzFromHeader(f *testing.F) {
	f.Add(parent, "order-7")
	f.Add("", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736")
	f.Add("00-", " a")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, parent, request string) {
		c, ok := trace.FromHeader(http.Header{"Traceparent": {parent}, "X-Request-Id": {request}})
		if !ok {
			return
		}
		if !trace.Named(c.Request) {
			t.Fatalf("request id %q is not allowed", c.Request)
		}
		h := http.Header{}
		c.Inject(h)
		if again, ok := trace.FromHeader(h); !ok || again != c {
			t.Errorf("%+v is read back as %+v, %v", c, again, ok)
		}
		if again, ok := trace.FromComment("SELECT 1" + c.Comment()); !ok || again != c {
			t.Errorf("%+v is read back from SQL as %+v, %v", c, again, ok)
		}
	})
}
