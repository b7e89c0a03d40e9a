package database

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// maxImages bounds the rows that are remembered of one transaction, in
	// bytes: twice what a transaction ships, for one that replaces as many rows.
	maxImages = 2 << 20
	// maxStored bounds them as they are stored, in bytes: with an operation
	// beside them they must fit into one row of the log.
	maxStored = maxLength - maxOperation - 1<<16
	// imageEach is what a value costs beside its bytes.
	imageEach = 24
)

// image is what a transaction did to one row: its values in the order of the
// table's columns, before and after. An INSERT has none before, a DELETE none
// after.
type image struct {
	Table  string  `json:"table"`
	Before []value `json:"before,omitempty"`
	After  []value `json:"after,omitempty"`
}

// recorder gathers the images of a connection's transaction, from the rows that
// SQLite says it changes. Tables of the server's own are left out.
type recorder struct {
	images []image
	size   int
	// lost says why they are not all there, or is nil.
	lost error
}

// record makes a connection remember what it does to rows. It must be called
// before the connection's first statement.
func (c *connection) record() error {
	c.recorder = &recorder{}
	return c.pin.Raw(func(raw any) error {
		hooks, ok := raw.(sqlite.HookRegisterer)
		if !ok {
			return errors.New("the driver does not tell of changed rows")
		}
		hooks.RegisterPreUpdateHook(c.recorder.note)
		return nil
	})
}

// unrecord is for a connection that is about to be closed: the driver finds
// hooks by the address of a connection, which may be used again.
func (c *connection) unrecord() error {
	if c.recorder == nil {
		return nil
	}
	return c.pin.Raw(func(raw any) error {
		if hooks, ok := raw.(sqlite.HookRegisterer); ok {
			hooks.RegisterPreUpdateHook(nil)
		}
		return nil
	})
}

// begin forgets the last transaction.
func (r *recorder) begin() { *r = recorder{} }

// note is called by SQLite before each change of a row.
func (r *recorder) note(d sqlite.SQLitePreUpdateData) {
	if r.lost != nil || own(d.TableName) {
		return
	}
	im := image{Table: d.TableName}
	if d.Op != sqlite3.SQLITE_INSERT {
		im.Before = r.values(d.Count(), d.Old)
	}
	if d.Op != sqlite3.SQLITE_DELETE {
		im.After = r.values(d.Count(), d.New)
	}
	if r.size > maxImages {
		r.lost = fmt.Errorf("its rows are more than %d bytes", maxImages)
	}
	if r.lost != nil {
		r.images = nil
		return
	}
	r.images = append(r.images, im)
}

func (r *recorder) values(n int, read func(...any) error) []value {
	row := make([]any, n)
	if err := read(row...); err != nil {
		r.lost = err
		return nil
	}
	values := make([]value, n)
	for i, v := range row {
		var err error
		if values[i], err = encodeValue(v); err != nil {
			r.lost = err
			return nil
		}
		r.size += len(values[i].Text) + imageEach
	}
	return values
}

// encode returns the images as they are stored beside the log; nothing when
// there are none, or not all.
func (r *recorder) encode() ([]byte, error) {
	if len(r.images) == 0 {
		return []byte{}, nil
	}
	b, err := json.Marshal(r.images)
	if err != nil {
		return nil, fmt.Errorf("rows of a log entry: %w", err)
	}
	if len(b) > maxStored { // texts that JSON makes longer
		return []byte{}, nil
	}
	return b, nil
}

var errImages = errors.New("not the rows of a log entry")

// decodeImages reads what encode made.
func decodeImages(b []byte) ([]image, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var images []image
	if err := json.Unmarshal(b, &images); err != nil {
		return nil, fmt.Errorf("%w: %w", errImages, err)
	}
	for _, im := range images {
		if im.Table == "" || im.Before == nil && im.After == nil || im.Before != nil && im.After != nil && len(im.Before) != len(im.After) {
			return nil, errImages
		}
		for _, v := range append(append([]value(nil), im.Before...), im.After...) {
			if _, err := v.decode(); err != nil {
				return nil, fmt.Errorf("%w: %w", errImages, err)
			}
		}
	}
	return images, nil
}

// named are values for a statement's parameters, from 1.
func named(values ...driver.Value) []driver.NamedValue {
	args := make([]driver.NamedValue, len(values))
	for i, v := range values {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args
}
