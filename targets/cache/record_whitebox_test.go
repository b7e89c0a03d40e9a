package cache

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/machine"
	"rung/targets/resp"
	"rung/targets/trace"
)

// TestRecord: only commands of sampled traces are logged, without keys and
// values, and every known one is counted.
func TestRecord(t *testing.T) {
	clk := clock.New()
	t.Cleanup(clk.Close)
	var log bytes.Buffer
	s, err := New(Settings{Bytes: 1 << 20, Policy: PolicyLRU}, Config{Role: "cache",
		Share: machine.New(clk, targets.Machine{}, 1).For("cache"), Log: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	sampled := trace.New(true)
	tests := []struct {
		name   string
		ctx    context.Context
		cmd    []string
		logged bool
		counts int64
	}{
		{"no trace", t.Context(), []string{"SET", "secret", "value"}, false, 1},
		{"not sampled", trace.With(t.Context(), trace.New(false)), []string{"GET", "secret"}, false, 1},
		{"sampled", trace.With(t.Context(), sampled), []string{"GET", "secret"}, true, 1},
		{"refused", trace.With(t.Context(), sampled), []string{"GET", "secret", "secret"}, true, 1},
		{"unknown", trace.With(t.Context(), sampled), []string{"SECRET", "secret"}, false, 0},
		{"a look", trace.With(t.Context(), sampled), []string{"INFO"}, false, 0},
	}
	var counted int64
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log.Reset()
			cmd := resp.Command{Name: tt.cmd[0]}
			for _, arg := range tt.cmd[1:] {
				cmd.Args = append(cmd.Args, []byte(arg))
			}
			s.handle(tt.ctx, cmd)
			counted += tt.counts
			var total int64
			for _, n := range s.Histograms()["request_duration_seconds"].Counts {
				total += n
			}
			if total != counted {
				t.Errorf("%d commands are counted, want %d", total, counted)
			}
			if !tt.logged {
				if log.Len() != 0 {
					t.Errorf("log is %s", log.String())
				}
				return
			}
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			attrs := sampled.Attrs()
			if line["msg"] != "command" || line["verb"] != "GET" || line["trace_id"] != attrs[1] || line["span_id"] != attrs[3] {
				t.Errorf("line is %v", line)
			}
			if took, ok := line["took_ns"].(float64); !ok || took < 0 {
				t.Errorf("took_ns is %v", line["took_ns"])
			}
			if strings.Contains(log.String(), "secret") {
				t.Errorf("the key is in the log: %s", log.String())
			}
		})
	}
}
