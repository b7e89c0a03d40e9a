package resp

import "time"

// Limits bounds what clients can ask of a server. A zero or negative field means
// its default.
type Limits struct {
	// Connections open at once; one more gets the error that Redis gives, and is
	// closed. Default 10,000, as in redis.conf (maxclients).
	Connections int
	// Arguments of one command, its name included. Default 1,024.
	Arguments int
	// Argument is the length of one argument in bytes. Default 1 MiB.
	Argument int
	// Command is the length of one command on the wire in bytes. Default 4 MiB.
	Command int
	// Inline is the length of a command that is typed as plain text, in bytes.
	// Default 64 KiB, as in Redis.
	Inline int
	// Write is how long a client may take to accept a reply. Default 30 s.
	Write time.Duration
}

func (l Limits) orDefaults() Limits {
	or := func(n *int, byDefault int) {
		if *n <= 0 {
			*n = byDefault
		}
	}
	or(&l.Connections, 10_000)
	or(&l.Arguments, 1024)
	or(&l.Argument, 1<<20)
	or(&l.Command, 4<<20)
	or(&l.Inline, 64<<10)
	if l.Write <= 0 {
		l.Write = 30 * time.Second
	}
	return l
}
