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

// diverged is a write that is not in the group's log.
type diverged struct {
	Index  uint64   `json:"index"`
	Term   uint64   `json:"term"`
	At     int64    `json:"at_unix_ns"`
	Common uint64   `json:"common"`
	Change []change `json:"changes"`
	// Reason why it could not be restored; empty before that was tried.
	Reason string `json:"reason,omitempty"`
}

const (
	voteFile     = "vote.json"
	divergedFile = "diverged.jsonl"
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
	lines.Buffer(nil, 4*maxOperation)
	for lines.Scan() {
		var d diverged
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("%s: %w", divergedFile, err)
		}
		kept = append(kept, d)
	}
	return kept, lines.Err()
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

// list returns the writes that only this member holds.
func (k *keepsake) list() []diverged {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]diverged(nil), k.kept...)
}

// replace changes the writes that only this member holds, durably.
func (k *keepsake) replace(kept []diverged) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var content []byte
	for _, d := range kept {
		line, err := json.Marshal(d)
		if err != nil {
			return err
		}
		content = append(append(content, line...), '\n')
	}
	if err := k.save(divergedFile, content); err != nil {
		return err
	}
	k.kept = kept
	return nil
}
