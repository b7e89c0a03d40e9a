package launch

import (
	"os/exec"
	"runtime"
	"syscall"
)

// orphanAttributes has the kernel kill the node when the harness dies. A node
// ends by itself when its stdin closes, but one that is stopped (SIGSTOP)
// could not notice.
func orphanAttributes() *syscall.SysProcAttr {
	// Its own process group: Ctrl-C in a terminal reaches the harness only,
	// which then ends the nodes in order.
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// spawner starts processes from one thread that lives as long as it: the
// kernel's parent-death signal is tied to the thread that forked, and Go may
// end any other thread.
type spawner struct {
	jobs chan func()
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	s.jobs <- func() { result <- cmd.Start() }
	return <-result
}

func (s *spawner) close() { close(s.jobs) }
