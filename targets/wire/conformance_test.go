package wire_test

import (
	"context"
	"net"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"rung/targets"
	"rung/targets/clock"
	"rung/targets/wire"
)

// TestConnConforms runs the conformance suite of net.Conn on both ends.
func TestConnConforms(t *testing.T) {
	tests := []struct {
		name   string
		spec   targets.Link
		impair targets.Impairment
		heal   bool
	}{
		{name: "direct"},
		{name: "delayed", spec: targets.Link{OneWay: 200 * time.Microsecond, Jitter: 50 * time.Microsecond}},
		{name: "bandwidth", spec: targets.Link{Bandwidth: 1 << 30}},
		{name: "slowed while open", impair: targets.Impairment{Extra: 100 * time.Microsecond}},
		{name: "healed while open", impair: targets.Impairment{Extra: 100 * time.Microsecond}, heal: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			nettest.TestConn(t, func() (near, far net.Conn, stop func(), err error) {
				clk := clock.New()
				link := wire.NewLink(clk, test.spec, 1)
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return nil, nil, nil, err
				}
				defer l.Close()
				near, err = link.DialContext(context.Background(), "tcp", l.Addr().String())
				if err != nil {
					return nil, nil, nil, err
				}
				if far, err = l.Accept(); err != nil {
					return nil, nil, nil, err
				}
				link.Impair(test.impair)
				if test.heal {
					link.Impair(targets.Impairment{})
				}
				return near, far, func() {
					near.Close()
					far.Close()
					link.Close()
					clk.Close()
				}, nil
			})
		})
	}
}
