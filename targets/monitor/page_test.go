package monitor_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rung/targets/monitor"
)

func TestPage(t *testing.T) {
	s := make64(t, monitor.Config{})
	for _, part := range story {
		send(t, s, "", part.line)
	}
	send(t, s, "", `{"level":"WARN","node":"<b>","msg":"<script>alert(1)</script>","x":"\"><img src=x onerror=alert(1)>"}`)
	tests := []struct {
		name, query string
		status      int
		has, lacks  []string
	}{
		{"all", "", 200, []string{"8 of 8 lines match; 8 shown", "&lt;script&gt;alert(1)&lt;/script&gt;", `<a href="/?trace=` + idA + `&amp;order=oldest">`,
			`<tr class="WARN">`, "<option selected></option>"}, []string{"<b>", "<img"}},
		{"some", "node=w1&limit=2", 200, []string{"3 of 8 lines match; 2 shown", `name="node" value="w1"`}, []string{"&#34;d1&#34;"}},
		{"level", "level=WARN", 200, []string{"<option selected>WARN</option>", "3 of 8 lines"}, nil},
		{"form of another site", "text=" + url.QueryEscape(`"><script>`), 200, []string{`value="&#34;&gt;&lt;script&gt;"`}, nil},
		{"error", "limit=" + url.QueryEscape("<i>"), 400, []string{`role="alert"`, "limit: &#34;&lt;i&gt;&#34; is not a number"}, []string{"<table", "<i>"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", "/?"+tt.query, nil))
			body := w.Body.String()
			if w.Code != tt.status {
				t.Errorf("status %d", w.Code)
			}
			for _, part := range tt.has {
				if !strings.Contains(body, part) {
					t.Errorf("no %s in %s", part, body)
				}
			}
			for _, part := range append(tt.lacks, "<script", "http://", "https://") {
				if strings.Contains(body, part) {
					t.Errorf("%s in %s", part, body)
				}
			}
			h := w.Header()
			if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Content-Type") != "text/html; charset=utf-8" ||
				h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", h)
			}
		})
	}
}
