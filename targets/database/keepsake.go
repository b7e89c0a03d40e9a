package database

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// keepsake is what a member of a group keeps outside of the database file,
// because a snapshot replaces that: its vote, and the writes that only it
// holds. It is safe for concurrent use.
type keepsake struct {
	directory string

	mu   sync.Mutex
	vote ballot
	kept []diverged
}

// ballot is the content of vote.json.
type ballot struct {
	Term   uint64 `json:"term"`
	Vote   string `json:"vote"`
	Joined bool   `json:"joined"`
}

// diverged is a transaction of the own log that is not in the group's.
type diverged struct {
	Term  uint64 `json:"term"`
	Index uint64 `json:"index"`
	At    int64  `json:"at_unix_ns"`
	// Rows are what it did; SQL is its statements, when they are not known.
	Rows []keptRow `json:"rows,omitempty"`
	SQL  []string  `json:"sql,omitempty"`
	// Reason why it could not be restored; empty before that was tried.
	Reason string `json:"reason,omitempty"`
}

// keptRow is an image with the table's columns.
type keptRow struct {
	image
	Columns []string `json:"columns"`
	// Key are the places of the primary key's columns; none when the table has
	// no primary key.
	Key []int `json:"key,omitempty"`
}

const (
	voteFile     = "vote.json"
	divergedFile = "diverged.jsonl"
	// maxKeptLine bounds one transaction in divergedFile, in bytes: its rows
	// with their names, or its statements.
	maxKeptLine = 16 << 20
)

// openKeepsake reads what is there. A directory without a vote is that of a
// new member: it has the group's initial data, unless it replaces one that was
// lost.
func openKeepsake(directory string, replacement bool) (k *keepsake, fresh bool, err error) {
	k = &keepsake{directory: directory, vote: ballot{Joined: !replacement}}
	data, err := os.ReadFile(filepath.Join(directory, voteFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fresh = !replacement
	case err != nil:
		return nil, false, err
	default:
		if err := json.Unmarshal(data, &k.vote); err != nil {
			return nil, false, fmt.Errorf("%s: %w", voteFile, err)
		}
	}
	k.kept, err = readDiverged(filepath.Join(directory, divergedFile))
	return k, fresh, err
}

func readDiverged(path string) (kept []diverged, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxKeptLine)
	for lines.Scan() {
		var d diverged
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("%s: %w", divergedFile, err)
		}
		kept = append(kept, d)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", divergedFile, err)
	}
	return kept, nil
}

// save replaces a file as a whole, durably.
func (k *keepsake) save(name string, content []byte) error {
	path := filepath.Join(k.directory, name)
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	return syncFile(k.directory)
}

// cast makes a vote durable.
func (k *keepsake) cast(change func(*ballot)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := k.vote
	change(&next)
	data, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := k.save(voteFile, data); err != nil {
		return err
	}
	k.vote = next
	return nil
}

func (k *keepsake) ballot() ballot {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.vote
}

// list returns the transactions that only this member holds, oldest first.
func (k *keepsake) list() []diverged {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]diverged(nil), k.kept...)
}

func (k *keepsake) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.kept)
}

// place tells the transactions of all terms apart.
type place struct{ term, index uint64 }

func (d diverged) place() place { return place{d.Term, d.Index} }

// add puts transactions aside. One that is there already is left as it is: a
// restore that was cut short after this is done again.
func (k *keepsake) add(more []diverged) error {
	if len(more) == 0 {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	there := map[place]bool{}
	for _, d := range k.kept {
		there[d.place()] = true
	}
	kept := append([]diverged(nil), k.kept...)
	for _, d := range more {
		if !there[d.place()] {
			kept = append(kept, d)
		}
	}
	return k.write(kept)
}

// settle takes done transactions away, and notes why the others are not.
func (k *keepsake) settle(done map[place]bool, reasons map[place]string) error {
	if len(done)+len(reasons) == 0 {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var kept []diverged
	for _, d := range k.kept {
		if done[d.place()] {
			continue
		}
		if reason, ok := reasons[d.place()]; ok {
			d.Reason = reason
		}
		kept = append(kept, d)
	}
	return k.write(kept)
}

// write replaces the list, durably. The lock is held.
func (k *keepsake) write(kept []diverged) error {
	var content []byte
	for _, d := range kept {
		line, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if len(line) >= maxKeptLine { // of a table whose columns have very long names
			return fmt.Errorf("%s: transaction %d of term %d takes %d bytes: at most %d", divergedFile, d.Index, d.Term, len(line), maxKeptLine)
		}
		content = append(append(content, line...), '\n')
	}
	if err := k.save(divergedFile, content); err != nil {
		return err
	}
	k.kept = kept
	return nil
}
