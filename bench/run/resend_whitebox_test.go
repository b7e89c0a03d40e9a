package run

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestWhatBrokeIsSentAgainOnceUnlessItChangesSomething(t *testing.T) {
	for _, row := range []struct {
		method string
		breaks int64
		tries  int64
		ok     bool
	}{
		{http.MethodGet, 0, 1, true},
		{http.MethodGet, 1, 2, true},
		{http.MethodHead, 1, 2, true},
		{http.MethodGet, 9, 2, false},
		{http.MethodPost, 1, 1, false},
	} {
		var tries atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if tries.Add(1) <= row.breaks {
				panic(http.ErrAbortHandler)
			}
		}))
		transport := &http.Transport{}
		request, err := http.NewRequest(row.method, server.URL, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		response, err := resender{transport}.RoundTrip(request)
		if err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		if (err == nil) != row.ok || tries.Load() != row.tries {
			t.Errorf("%s with %d breaks: %v after %d tries, want %d", row.method, row.breaks, err, tries.Load(), row.tries)
		}
		transport.CloseIdleConnections()
		server.Close()
	}
}
