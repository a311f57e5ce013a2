package load_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"rserpool/registrar/load"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/transporttest"
)

// Over an association that hands on by itself all is as over others, also where it
// never has room, or has it now and then.
func TestDirect(t *testing.T) {
	var tries atomic.Int64
	for name, full := range map[string]func() bool{
		"room":      func() bool { return false },
		"no room":   func() bool { return true },
		"sometimes": func() bool { return tries.Add(1)%3 == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memory.NewNetwork()
				serve(t, network, nil)
				o := options(t, network, load.Resolve)
				o.Transport = transporttest.Direct(o.Transport, full)
				phases, err := load.Run(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := text(phases), "register 40, resolve 500, deregister 40"; got != want {
					t.Errorf("phases %q, want %q", got, want)
				}
			})
		})
	}
}
