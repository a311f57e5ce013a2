package memory_test

import (
	"net/netip"
	"testing"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/transporttest"
)

// Hosts that are secured prove their identities to each other, and to no others.
func TestSecure(t *testing.T) {
	n := memory.NewNetwork()
	addrC := netip.MustParseAddr("192.0.2.3")
	n.Secure(addrA, "a")
	n.Secure(addrB, "")
	at := map[netip.Addr]transport.Listener{}
	for _, addr := range []netip.Addr{addrA, addrB, addrC} {
		at[addr] = listen(t, n, addr)
		defer at[addr].Close()
	}
	for _, tt := range []struct {
		from, to  netip.Addr
		secured   bool
		sees, has string
	}{
		{addrA, addrB, true, "", "a"},
		{addrA, addrC, false, "", ""},
		{addrC, addrB, false, "", ""},
	} {
		caller, called := transporttest.Connect(t, at[tt.from], at[tt.to])
		there, here := caller.Peer(), called.Peer()
		if there.Secured != tt.secured || here.Secured != tt.secured || there.Identity != tt.sees || here.Identity != tt.has {
			t.Errorf("%v to %v: the caller sees %+v, the called %+v, want secured %t, %q and %q", tt.from, tt.to, there, here, tt.secured, tt.sees, tt.has)
		}
	}
}
