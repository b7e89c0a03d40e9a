package machine_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/machine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inFakeTime runs a test with a machine in fake time: every duration below is
// exact.
func inFakeTime(t *testing.T, spec targets.Machine, test func(*testing.T, *machine.Machine)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewPortable()
		defer clk.Close()
		test(t, machine.New(clk, spec, 1))
	})
}

func slots(n, queue int) targets.Machine {
	r := targets.Resource{Slots: n, Queue: queue}
	return targets.Machine{CPU: r, Disk: r}
}

const ms = time.Millisecond

// each starts one call every millisecond and returns their spans and errors.
func each(calls int, call func(context.Context, targets.Law) (machine.Span, error), law targets.Law) ([]machine.Span, []error) {
	spans, errs := make([]machine.Span, calls), make([]error, calls)
	var group sync.WaitGroup
	for i := range calls {
		group.Go(func() { spans[i], errs[i] = call(context.Background(), law) })
		time.Sleep(ms)
	}
	group.Wait()
	return spans, errs
}

func TestSpansAreQueueAndService(t *testing.T) {
	inFakeTime(t, slots(1, 9), func(t *testing.T, m *machine.Machine) {
		share := m.For("web")
		for name, call := range map[string]func(context.Context, targets.Law) (machine.Span, error){
			"cpu": share.CPU, "disk": share.Disk,
		} {
			begin := time.Now()
			spans, errs := each(4, call, targets.Constant(10*ms))
			for i, got := range spans {
				want := machine.Span{Queued: time.Duration(i) * 9 * ms, Served: 10 * ms}
				if got != want || errs[i] != nil {
					t.Errorf("%s %d: %+v, %v; want %+v", name, i, got, errs[i], want)
				}
			}
			if took := time.Since(begin); took != 40*ms {
				t.Errorf("%s: four times 10 ms took %v", name, took)
			}
		}
	})
}

func TestSlotsServeAtOnce(t *testing.T) {
	inFakeTime(t, slots(3, 0), func(t *testing.T, m *machine.Machine) {
		spans, errs := each(4, m.For("web").CPU, targets.Constant(10*ms))
		for i, got := range spans[:3] {
			if want := (machine.Span{Served: 10 * ms}); got != want || errs[i] != nil {
				t.Errorf("%d: %+v, %v; want %+v", i, got, errs[i], want)
			}
		}
		if !errors.Is(errs[3], machine.ErrFull) || spans[3] != (machine.Span{}) {
			t.Errorf("fourth on three slots without a queue: %+v, %v", spans[3], errs[3])
		}
		if cpu, _ := m.Usage(); cpu.Served != 3 || cpu.Refused != 1 {
			t.Errorf("usage %+v; want 3 served, 1 refused", cpu)
		}
	})
}

func TestUsageIsExactAtEveryMoment(t *testing.T) {
	inFakeTime(t, slots(1, 2), func(t *testing.T, m *machine.Machine) {
		web, database := m.For("web"), m.For("database")
		if m.For("web") != web {
			t.Error("a role has two shares")
		}
		var group sync.WaitGroup
		use := func(s *machine.Share) {
			group.Go(func() { s.CPU(context.Background(), targets.Constant(10*ms)) })
			synctest.Wait()
		}
		use(web)      // 0 to 10
		use(database) // 10 to 20
		use(web)      // 20 to 30
		use(web)      // refused
		check := func(busy, waited time.Duration, served int64, queue int, webBusy time.Duration) {
			t.Helper()
			cpu, disk := m.Usage()
			if cpu.Slots != 1 || cpu.Busy != busy || cpu.Waited != waited || cpu.Served != served || cpu.Refused != 1 ||
				cpu.Queue != queue || cpu.Peak != 2 || cpu.ByRole["web"] != webBusy || cpu.ByRole["database"] != busy-webBusy {
				t.Errorf("usage %+v", cpu)
			}
			if disk.Busy != 0 || disk.Served != 0 {
				t.Errorf("disk usage %+v", disk)
			}
		}
		check(0, 0, 0, 2, 0)
		time.Sleep(5 * ms)
		check(5*ms, 0, 0, 2, 5*ms)
		time.Sleep(10 * ms)
		check(15*ms, 0, 1, 1, 10*ms)
		time.Sleep(10 * ms)
		check(25*ms, 10*ms, 2, 0, 15*ms)
		time.Sleep(10 * ms)
		check(30*ms, 30*ms, 3, 0, 20*ms)
		group.Wait()
	})
}

func TestCancelledWorkKeepsItsSlotTime(t *testing.T) {
	inFakeTime(t, slots(1, 2), func(t *testing.T, m *machine.Machine) {
		share := m.For("web")
		ctx, cancel := context.WithTimeout(context.Background(), 3*ms)
		defer cancel()
		if _, err := share.CPU(ctx, targets.Constant(10*ms)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
		if _, err := share.CPU(ctx, targets.Constant(10*ms)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with an ended context: %v", err)
		}
		got, err := share.CPU(context.Background(), targets.Constant(ms))
		if want := (machine.Span{Queued: 7 * ms, Served: ms}); got != want || err != nil {
			t.Errorf("next: %+v, %v; want %+v", got, err, want)
		}
		if cpu, _ := m.Usage(); cpu.Busy != 11*ms || cpu.Served != 2 {
			t.Errorf("usage %+v; want 11ms busy, 2 served", cpu)
		}
	})
}

// TestQuantumLetsShortWorkPass: behind a photo of 200 ms a request of 4 ms
// waits for one quantum at a time, not for the photo.
func TestQuantumLetsShortWorkPass(t *testing.T) {
	spec := slots(1, 9)
	spec.Quantum = 5 * ms
	inFakeTime(t, spec, func(t *testing.T, m *machine.Machine) {
		share := m.For("web")
		var photo machine.Span
		var group sync.WaitGroup
		group.Go(func() { photo, _ = share.CPU(context.Background(), targets.Constant(200*ms)) })
		synctest.Wait()
		for range 10 {
			got, err := share.CPU(context.Background(), targets.Constant(4*ms))
			if got.Queued > 5*ms || got.Served != 4*ms || err != nil {
				t.Errorf("request: %+v, %v", got, err)
			}
		}
		group.Wait()
		if want := (machine.Span{Queued: 40 * ms, Served: 200 * ms}); photo != want {
			t.Errorf("photo: %+v, want %+v", photo, want)
		}
		// Disk accesses are never cut.
		if got, err := share.Disk(context.Background(), targets.Constant(20*ms)); got.Served != 20*ms || err != nil {
			t.Errorf("disk: %+v, %v", got, err)
		}
	})
}

func TestNotEmulatedTakesNoTime(t *testing.T) {
	inFakeTime(t, targets.Machine{}, func(t *testing.T, m *machine.Machine) {
		begin := time.Now()
		spans, errs := each(3, m.For("web").CPU, targets.Constant(time.Hour))
		for i := range spans {
			if spans[i] != (machine.Span{}) || errs[i] != nil {
				t.Errorf("%d: %+v, %v", i, spans[i], errs[i])
			}
		}
		if took := time.Since(begin); took != 3*ms { // the test's own
			t.Errorf("took %v", took)
		}
		if cpu, _ := m.Usage(); cpu.Slots != 0 || cpu.Served != 0 || cpu.Busy != 0 {
			t.Errorf("usage %+v", cpu)
		}
	})
	inFakeTime(t, slots(1, 0), func(t *testing.T, m *machine.Machine) {
		if got, err := m.For("web").CPU(context.Background(), targets.Law{}); got != (machine.Span{}) || err != nil {
			t.Errorf("the zero law: %+v, %v", got, err)
		}
	})
}

func TestSameSeedSameTimes(t *testing.T) {
	times := func(seed uint64, disk bool) (out [5]time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			clk := clock.NewPortable()
			defer clk.Close()
			share := machine.New(clk, slots(1, 0), seed).For("web")
			call := share.CPU
			if disk {
				call = share.Disk
			}
			for i := range out {
				got, err := call(context.Background(), targets.Law{Shape: targets.ShapeExponential, Mean: ms})
				if err != nil {
					t.Error(err)
				}
				out[i] = got.Served
			}
		})
		return out
	}
	if a, b := times(7, false), times(7, false); a != b {
		t.Errorf("seed 7: %v, then %v", a, b)
	}
	if a, b := times(7, false), times(8, false); a == b {
		t.Errorf("seeds 7 and 8: both %v", a)
	}
	if a, b := times(7, false), times(7, true); a == b {
		t.Errorf("cpu and disk: both %v", a)
	}
}

func TestClosedClockIsTold(t *testing.T) {
	clk := clock.New()
	clk.Close()
	_, err := machine.New(clk, slots(1, 0), 1).For("web").CPU(context.Background(), targets.Constant(time.Hour))
	if !errors.Is(err, clock.ErrClosed) {
		t.Errorf("err %v, want ErrClosed", err)
	}
}

// TestManyRolesAtOnce is for the race detector: real time, every method.
func TestManyRolesAtOnce(t *testing.T) {
	clk := clock.New()
	defer clk.Close()
	m := machine.New(clk, targets.Machine{
		CPU: targets.Resource{Slots: 2, Queue: 4}, Disk: targets.Resource{Slots: 1, Queue: 4}, Quantum: 50 * time.Microsecond,
	}, 1)
	law := targets.Law{Shape: targets.ShapeLognormal, Mean: 100 * time.Microsecond, CV: 1}
	begin := time.Now()
	var group sync.WaitGroup
	for _, role := range []string{"web", "database", "web", "keyvalue"} {
		group.Go(func() {
			share := m.For(role)
			for range 50 {
				ctx, cancel := context.WithTimeout(context.Background(), 300*time.Microsecond)
				share.CPU(ctx, law)
				share.Disk(ctx, law)
				cancel()
				m.Usage()
			}
		})
	}
	group.Wait()
	cpu, disk := m.Usage()
	elapsed := time.Since(begin)
	for name, u := range map[string]targets.Usage{"cpu": cpu, "disk": disk} {
		var sum time.Duration
		for _, busy := range u.ByRole {
			sum += busy
		}
		if u.Busy != sum || u.Busy > elapsed*time.Duration(u.Slots) || u.Peak > 4 || u.Busy == 0 {
			t.Errorf("%s: %+v after %v", name, u, elapsed)
		}
	}
}
