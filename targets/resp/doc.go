// Package resp is the server's side of RESP2, the protocol of Redis: it reads
// commands from connections, hands them to a handler and writes the typed replies.
// What a command means is the handler's business, except for the commands about
// the connection itself (PING, ECHO, QUIT, SELECT, AUTH, HELLO, CLIENT, COMMAND),
// which are answered here.
//
// A connection that is named after a sampled trace (CLIENT SETNAME <traceparent>)
// hands that trace, in the context, to the handler of the next command, and has
// its former name again. Other names are just names.
//
// The commands of one connection are carried out one after another, in order, and
// every reply is sent before the next command starts: a handler may wait as long
// as it likes, other connections go on. A handler whose client has gone away is
// not told; it finishes the command it is at.
//
// Parsing is done by redcon, behind a gate that bounds what a client can make it
// keep or compute; see gate.
package resp
