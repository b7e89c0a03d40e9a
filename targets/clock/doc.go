// Package clock waits for absolute deadlines more precisely than the Go
// runtime's timers do.
//
// On Linux the runtime rounds the wait of an otherwise idle process up to whole
// milliseconds (golang/go#44343, golang/go#53824), so a sleep of 0.1 ms takes
// about 1.1 ms. An emulated disk access or wire of that length would be wrong
// by a factor of ten. A Clock keeps every deadline of the process in one heap
// and lets the kernel's high-resolution timer (timerfd) wake it for the
// earliest one.
package clock
