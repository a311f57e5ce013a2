package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var sameAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func addrs(s ...string) []netip.Addr {
	var out []netip.Addr
	for _, a := range s {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func TestResolveAddress(t *testing.T) {
	lookup := func(_ context.Context, host string) ([]netip.Addr, error) {
		switch host {
		case "localhost":
			return addrs("::1", "127.0.0.1", "::ffff:127.0.0.1"), nil
		case "empty":
			return nil, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: host}
	}
	for _, c := range []struct {
		in   string
		want Address
		err  string
		text string // what String says, if not in
	}{
		{in: "127.0.0.1:9901", want: Address{Addrs: addrs("127.0.0.1"), Port: 9901}},
		{in: "192.0.2.1:3863@9899", want: Address{Addrs: addrs("192.0.2.1"), Port: 3863, UDPPort: 9899}},
		{in: "[::1]:9901@65535", want: Address{Addrs: addrs("::1"), Port: 9901, UDPPort: 65535}},
		{in: "[fe80::1%eth0]:9901", want: Address{Addrs: addrs("fe80::1%eth0"), Port: 9901}},
		{in: "[::ffff:192.0.2.1]:1", want: Address{Addrs: addrs("192.0.2.1"), Port: 1}, text: "192.0.2.1:1"},
		{in: ":3863", want: Address{Port: 3863}},
		{in: ":0@9899", want: Address{UDPPort: 9899}},
		{in: "0.0.0.0:0", want: Address{Addrs: addrs("0.0.0.0")}},
		{in: "localhost:9901", want: Address{Addrs: addrs("127.0.0.1", "::1"), Port: 9901}, text: "127.0.0.1,[::1]:9901"},
		{in: "", err: "want HOST:PORT[@UDPPORT]: missing port in address"},
		{in: "192.0.2.1", err: "want HOST:PORT[@UDPPORT]: missing port in address"},
		{in: "::1:9901", err: "too many colons in address"},
		{in: "host:", err: `port must be a number 0..65535, have ""`},
		{in: "host:enrp", err: `port must be a number 0..65535, have "enrp"`},
		{in: "host:65536", err: `port must be a number 0..65535, have "65536"`},
		{in: "host:-1", err: `port must be a number 0..65535, have "-1"`},
		{in: "127.0.0.1:9901@", err: `UDP port must be a number 0..65535, have ""`},
		{in: "127.0.0.1:9901@1@2", err: `UDP port must be a number 0..65535, have "1@2"`},
		{in: "127.0.0.1:9901@0", err: "UDP port must be 1..65535"},
		{in: "empty:1", err: `host "empty" has no address`},
		{in: "nowhere:1", err: `cannot resolve host "nowhere": no such host`},
	} {
		got, err := ResolveAddress(t.Context(), c.in, lookup)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: want an error with %q on one line, got %v", c.in, c.err, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if diff := cmp.Diff(c.want, got, sameAddr); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.in, diff)
		}
		text := c.text
		if text == "" {
			text = c.in
		}
		if got.String() != text {
			t.Errorf("%q: String is %q, want %q", c.in, got, text)
		}
	}
}

func TestParseAddress(t *testing.T) {
	got, err := ParseAddress("localhost:9901")
	if err != nil {
		t.Fatal(err)
	}
	for _, ip := range got.Addrs {
		if !ip.IsLoopback() {
			t.Errorf("localhost resolved to %v", got.Addrs)
		}
	}
}

func FuzzResolveAddress(f *testing.F) {
	for _, s := range []string{"127.0.0.1:1", "[::1]:2@3", ":4", "a:5", "@", "[::1%x]:1"} {
		f.Add(s)
	}
	none := errors.New("no names here")
	f.Fuzz(func(t *testing.T, s string) {
		lookup := func(context.Context, string) ([]netip.Addr, error) { return nil, none }
		a, err := ResolveAddress(t.Context(), s, lookup)
		if err != nil {
			return
		}
		again, err := ResolveAddress(t.Context(), a.String(), lookup)
		if err != nil {
			t.Fatalf("%q reads as %q, which does not: %v", s, a, err)
		}
		if diff := cmp.Diff(a, again, sameAddr); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", s, diff)
		}
	})
}

func TestExpand(t *testing.T) {
	host := addrs("127.0.0.1", "::1", "192.0.2.2", "10.0.0.1", "fd00::2", "2001:db8::2", "fe80::1", "169.254.0.9", "224.0.0.1")
	for _, c := range []struct {
		name        string
		bound, have []netip.Addr
		want        []netip.Addr
	}{
		{"no address", nil, host, addrs("10.0.0.1", "192.0.2.2", "2001:db8::2", "fd00::2")},
		{"::", addrs("::"), host, addrs("10.0.0.1", "192.0.2.2", "2001:db8::2", "fd00::2")},
		{"0.0.0.0", addrs("0.0.0.0"), host, addrs("10.0.0.1", "192.0.2.2")},
		{"0.0.0.0 and one more", addrs("0.0.0.0", "fd00::2"), host, addrs("10.0.0.1", "192.0.2.2", "fd00::2")},
		{"loopback only", nil, addrs("127.0.0.1", "::1", "fe80::1"), addrs("127.0.0.1", "::1")},
		{"0.0.0.0, loopback only", addrs("0.0.0.0"), addrs("127.0.0.1", "::1"), addrs("127.0.0.1")},
		{"nothing", nil, nil, addrs()},
	} {
		got := expand(c.bound, c.have)
		if len(got) == 0 && len(c.want) == 0 {
			continue
		}
		if diff := cmp.Diff(c.want, got, sameAddr); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestLocalAddrs(t *testing.T) {
	bound := addrs("127.0.0.2", "::ffff:127.0.0.1", "127.0.0.2")
	got, err := LocalAddrs(bound)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(addrs("127.0.0.1", "127.0.0.2"), got, sameAddr); diff != "" {
		t.Errorf("bound addresses stay (-want +got):\n%s", diff)
	}
	got, err = LocalAddrs(nil)
	if err != nil || len(got) == 0 {
		t.Fatalf("wildcard: %v, %v", got, err)
	}
	for _, ip := range got {
		if ip.IsUnspecified() || ip.IsLinkLocalUnicast() {
			t.Errorf("wildcard: %v", got)
		}
	}
}

func TestNormalizeAddrs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.Custom(func(t *rapid.T) netip.Addr {
			ip, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.ByteRange(0, 2), 4, 4).Draw(t, "ip"))
			if rapid.Bool().Draw(t, "mapped") {
				return netip.AddrFrom16(ip.As16())
			}
			return ip
		})).Draw(t, "in")
		got := NormalizeAddrs(in)
		seen := map[netip.Addr]bool{}
		for i, ip := range got {
			if ip.Is4In6() || i > 0 && !got[i-1].Less(ip) {
				t.Fatalf("%v: mapped, unsorted or double: %v", in, got)
			}
			seen[ip] = true
		}
		for _, ip := range in {
			if !seen[ip.Unmap()] {
				t.Fatalf("%v is missing in %v", ip, got)
			}
		}
	})
}

func TestConfigDefaults(t *testing.T) {
	got := Config{Local: Address{Port: 9901}, MaxMissed: 9}.Defaults()
	want := Config{
		Local: Address{Port: 9901}, Streams: DefaultStreams, Heartbeat: DefaultHeartbeat, MaxMissed: 9,
		HandshakeTimeout: DefaultHandshakeTimeout, MaxHalfOpen: DefaultMaxHalfOpen, MaxAssociations: DefaultMaxAssociations,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, want.Defaults()); diff != "" {
		t.Errorf("what is set stays (-want +got):\n%s", diff)
	}
}
