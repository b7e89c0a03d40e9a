// Package queue is a durable message queue: a NATS server with JetStream,
// embedded. Any NATS client can connect, publish, subscribe and use JetStream.
// The stream "photos" (subject "photos.new") and its durable consumer "workers"
// are there from the start.
//
// Real: the NATS server, its files, its protocol, its fsync. Emulated: the CPU
// and the disk of the machine, by a machine.Share. Each message that a client
// publishes to the stream takes CPU time and, with SyncAlways, one disk access
// before the server sees it; one client's messages reach it in the order in
// which they were sent, but are charged side by side. Everything else is free.
// With SyncInterval one disk access is charged for each sync. When an emulated
// queue is full, the message is not stored and its publisher gets JetStream's
// own answer for a server without resources (code 503, err_code 10023) on its
// reply subject. A publisher that named none hears nothing, as from JetStream
// itself when a stream is full; it is counted and logged.
//
// The stream is a work queue: a message leaves it when it was acknowledged. It
// refuses new ones when it is full, and never drops old ones. An id that was
// seen within the window is not stored again. A server that was restarted knows
// the ids of the messages it still has, not of those already worked on.
//
// # Durability
//
// JetStream writes a message to its file before it acknowledges it, so SIGKILL
// loses none. With SyncAlways it also calls fsync before. With SyncInterval it
// acknowledges first, and a machine that loses its power loses what came after
// the last sync.
//
// SIGKILL does not lose what the kernel holds, so a power cut is emulated. At
// each Interval in which something changed, the role saves a backup of the
// stream and its consumer, made by JetStream itself, and calls fsync on it:
// this is what a synced disk would hold. The backup holds all messages up to
// one moment; publishing goes on meanwhile. Started with Config.PowerCut the
// role discards what SIGKILL left and restores the backup. With SyncAlways it
// starts with what is there, all of which was synced. Two things are not
// emulated: acknowledgements by consumers are as SIGKILL left them with
// SyncAlways (JetStream syncs messages only, so a real power cut would have more
// of them delivered again), and streams that clients made themselves stay as
// SIGKILL left them in both modes.
package queue
