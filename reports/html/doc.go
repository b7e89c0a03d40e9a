// Package html renders a run as one page that opens anywhere without a
// network: data, charts, styles and the chart library are all in the file.
//
// go-echarts builds chart options as typed values; nothing else of it is
// used. The page is this package's own html/template. Every chart's option
// lies in a script element of type application/json, which no browser runs,
// and one static script draws them. So no text of a run can become markup or
// script: the page's content security policy allows only the two scripts
// whose hashes it names.
//
// The page is a pure function of the run: the same run gives the same bytes.
package html
