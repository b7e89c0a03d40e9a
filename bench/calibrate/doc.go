// Package calibrate measures the ruler before anything is measured with it:
// how late its clock wakes, what a round trip to a server that does nothing
// costs, and which rate the generator keeps up. It also describes the machine
// that the ruler stands on.
package calibrate
