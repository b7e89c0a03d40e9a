//go:build !linux

package clock

import "time"

func newAlarm(base time.Time) alarm { return newRuntimeTimer(base) }
