package queue

import (
	"fmt"
	"log/slog"
)

// logger gives a NATS server's log to slog. What it calls a notice is about
// its own business: debug. A fatal error is one that ends the start; the server
// itself goes on.
type logger struct{ log *slog.Logger }

// Noticef logs at debug level.
func (l logger) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Warnf logs a warning.
func (l logger) Warnf(format string, v ...any) { l.log.Warn(fmt.Sprintf(format, v...)) }

// Fatalf logs an error and returns.
func (l logger) Fatalf(format string, v ...any) { l.log.Error(fmt.Sprintf(format, v...)) }

// Errorf logs an error.
func (l logger) Errorf(format string, v ...any) { l.log.Error(fmt.Sprintf(format, v...)) }

// Debugf logs at debug level.
func (l logger) Debugf(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Tracef logs at debug level.
func (l logger) Tracef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
