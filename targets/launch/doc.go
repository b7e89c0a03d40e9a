// Package launch turns a topology into a running system: one process per
// node, each on a loopback address of its own, wired as the topology says. It
// breaks nodes and links on command, and leaves nothing behind.
package launch
