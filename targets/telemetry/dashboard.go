package telemetry

import (
	"encoding/json"
	"errors"
	"fmt"
)

// dashboardSchema is the last version of Grafana's classic dashboard model.
// Every Grafana since 10 reads it.
const dashboardSchema = 42

// The grid of a dashboard is 24 wide. Panels are three to a line.
const (
	panelWidth  = 8
	panelHeight = 8
	gridWidth   = 24
)

// Dashboard is a dashboard for Grafana, as JSON to be imported or provisioned,
// over the metrics of all nodes: rows for the hosts, the tiers and the
// business. Its variables choose the Prometheus and the nodes. It is an error
// when there is no title.
func Dashboard(title string) ([]byte, error) {
	if title == "" {
		return nil, errors.New("dashboard: it has no title")
	}
	d := map[string]any{
		"title": title, "schemaVersion": dashboardSchema, "editable": true, "graphTooltip": 1, "tags": []string{"rung"},
		"timezone": "browser", "refresh": "5s", "time": map[string]string{"from": "now-15m", "to": "now"},
		"templating": map[string]any{"list": variables()}, "panels": panels(),
	}
	out, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", title, err)
	}
	return append(out, '\n'), nil
}

// source is the Prometheus that the reader has chosen.
func source() map[string]string {
	return map[string]string{"type": "prometheus", "uid": "${datasource}"}
}

func variables() []any {
	return []any{
		map[string]any{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
		map[string]any{"name": "node", "label": "Node", "type": "query", "datasource": source(), "query": "label_values(rung_node_info, node)",
			"refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".*",
			"current": map[string]any{"text": []string{"All"}, "value": []string{"$__all"}}},
	}
}

// panels lays out the rows.
func panels() []any {
	var out []any
	id, y := 1, 0
	for _, row := range rows {
		out = append(out, map[string]any{"id": id, "type": "row", "title": row.title, "collapsed": false, "panels": []any{},
			"gridPos": map[string]int{"x": 0, "y": y, "w": gridWidth, "h": 1}})
		id++
		y++
		for i, p := range row.panels {
			x := i * panelWidth % gridWidth
			out = append(out, p.model(id, x, y+i/(gridWidth/panelWidth)*panelHeight))
			id++
		}
		y += (len(row.panels) + 2) / 3 * panelHeight
	}
	return out
}

// model is a panel as Grafana writes it. Its interval is the shortest that
// Grafana may ask for, and fits $__rate_interval to the scrapes.
func (p panel) model(id, x, y int) map[string]any {
	var queries []any
	for i, q := range p.queries {
		queries = append(queries, map[string]any{"refId": string(rune('A' + i)), "datasource": source(), "expr": q.expr,
			"legendFormat": q.legend, "range": true, "editorMode": "code"})
	}
	defaults := map[string]any{"unit": p.unit, "custom": map[string]any{"fillOpacity": 0, "lineWidth": 1, "showPoints": "never"}}
	if p.unit != "s" {
		defaults["min"] = 0
	}
	if p.unit == "percentunit" {
		defaults["max"] = 1
	}
	return map[string]any{
		"id": id, "type": "timeseries", "title": p.title, "description": p.says, "datasource": source(), "interval": scrapeInterval,
		"gridPos":     map[string]int{"x": x, "y": y, "w": panelWidth, "h": panelHeight},
		"targets":     queries,
		"fieldConfig": map[string]any{"defaults": defaults, "overrides": []any{}},
		"options": map[string]any{"legend": map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true},
			"tooltip": map[string]any{"mode": "multi", "sort": "desc"}},
	}
}
