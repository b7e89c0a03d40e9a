package targets

import "time"

// FaultKind says how a thing is broken.
type FaultKind string

// The faults. Kill, hang and restart strike a node; cut, slow and lossy a
// link.
const (
	FaultKill    FaultKind = "kill"    // SIGKILL
	FaultHang    FaultKind = "hang"    // SIGSTOP
	FaultResume  FaultKind = "resume"  // SIGCONT
	FaultRestart FaultKind = "restart" // a new process on the same addresses
	FaultCut     FaultKind = "cut"     // nothing passes, nobody is told
	FaultSlow    FaultKind = "slow"    // extra delay
	FaultLossy   FaultKind = "lossy"   // TCP sees stalls, UDP loses datagrams
	FaultHeal    FaultKind = "heal"    // the link is as designed again
)

// Impairment is what a fault adds to a link. The zero value adds nothing.
type Impairment struct {
	// Cut holds all data, in both directions, until healed.
	Cut bool `json:"cut,omitempty"`
	// Extra one-way delay.
	Extra time.Duration `json:"extra_ns,omitempty"`
	// Loss is the share of packets lost, 0 to 1. A lost TCP segment is a
	// stall of one retransmission time-out (200 ms, Linux's minimum).
	Loss float64 `json:"loss_ratio,omitempty"`
}

// Fault is one planned break and its measured counterpart.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Node that is struck, or the dialling end of the link.
	Node string `json:"node"`
	// To is the listening end of a struck link.
	To string `json:"to,omitempty"`
	// At is when, from the start of the attack.
	At time.Duration `json:"at_ns"`
	// Impairment of a link fault.
	Impairment Impairment `json:"impairment,omitzero"`
}
