// Package node is the inside of a node process: it reads a targets.Spec from
// stdin, runs the roles of that node on emulated hardware and emulated wires,
// obeys commands, and ends when stdin closes. It is the only package that
// knows every role.
package node
