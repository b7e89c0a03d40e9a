package reports

import (
	"bufio"
	"errors"
	"os"
)

// histogramLog is a log that gets its name when it is complete. Not safe for
// concurrent use.
type histogramLog struct {
	file   *os.File
	buffer *bufio.Writer
	target string
	closed bool
}

func (l *histogramLog) Write(p []byte) (int, error) { return l.buffer.Write(p) }

// Close flushes the log and gives it its name. A second Close does nothing.
func (l *histogramLog) Close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	if err := errors.Join(l.buffer.Flush(), l.file.Close()); err != nil {
		return explain(err)
	}
	if err := os.Rename(l.file.Name(), l.target); err != nil {
		return explain(err)
	}
	return nil
}

// ignoreClosed drops the error of closing a file twice.
func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
