// Package search finds the highest rate that meets an objective by trying
// rates: pure arithmetic on what was tried, without a clock or a socket.
package search
