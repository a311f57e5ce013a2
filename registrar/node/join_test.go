package node

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rserpool/registrar/transport"
)

func TestJoin(t *testing.T) {
	first, second := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::2")
	at := func(port, udpPort uint16, addrs ...netip.Addr) transport.Address {
		return transport.Address{Addrs: addrs, Port: port, UDPPort: udpPort}
	}
	for _, c := range []struct {
		name     string
		in, want []transport.Address
		err      string
	}{
		{"one", []transport.Address{at(1, 0, first)}, []transport.Address{at(1, 0, first)}, ""},
		{"multi-homed", []transport.Address{at(1, 0, second), at(1, 0, first)}, []transport.Address{at(1, 0, first, second)}, ""},
		{"another UDP port", []transport.Address{at(1, 0), at(1, 9899)}, []transport.Address{at(1, 0), at(1, 9899)}, ""},
		{
			"both",
			[]transport.Address{at(1, 0, first), at(1, 9899, second), at(1, 0, second)},
			[]transport.Address{at(1, 0, first, second), at(1, 9899, second)},
			"",
		},
		{"none", nil, nil, "no address"},
		{"two ports", []transport.Address{at(1, 0, first), at(2, 0, second)}, nil, "same port"},
		{"wildcard first", []transport.Address{at(1, 0), at(1, 0, second)}, nil, "wildcard"},
		{"wildcard last", []transport.Address{at(1, 0, second), at(1, 0)}, nil, "wildcard"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := join(c.in)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || len(got) == 0 {
					t.Fatalf("got %v, %v, want an error about %q and a place", got, err, c.err)
				}
				return
			}
			same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
			if diff := cmp.Diff(c.want, got, same, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
