// Package reports turns a bench.Run into what people read: a run directory, a
// terminal summary and, in package html, one offline page. A report is a pure
// function of run.json: the same run gives the same bytes, on any machine and
// at any time. Numbers are only formatted here, never measured or judged.
package reports
