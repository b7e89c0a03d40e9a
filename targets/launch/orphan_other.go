//go:build !linux

package launch

import (
	"os/exec"
	"syscall"
)

// orphanAttributes: other systems have no parent-death signal. A node ends
// when its stdin closes; one that is stopped at that moment stays.
func orphanAttributes() *syscall.SysProcAttr { return nil }

type spawner struct{}

func newSpawner() *spawner { return &spawner{} }

func (*spawner) start(cmd *exec.Cmd) error { return cmd.Start() }

func (*spawner) close() {}
