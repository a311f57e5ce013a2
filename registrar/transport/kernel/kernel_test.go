//go:build linux && !386

package kernel

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/transporttest"
)

const patience = 30 * time.Second

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// open listens at ips.
func open(t *testing.T, ips string, c transport.Config) *listener {
	t.Helper()
	needKernel(t)
	if ips != "" {
		c.Local.Addrs = parse(ips)
	}
	l, err := New().Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.(*listener)
}

// ended waits for the end of a and returns why it has ended.
func ended(t *testing.T, a transport.Association) error {
	t.Helper()
	select {
	case <-a.Done():
	case <-bounded(t).Done():
		t.Fatal("the association has not ended")
	}
	return a.Err()
}

// command runs a program of the system, such as ip.
func command(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// needRoot skips the test where it may not change the system's network.
func needRoot(t *testing.T) {
	t.Helper()
	needKernel(t)
	if os.Geteuid() != 0 {
		t.Skip("make interop runs this as root on a machine of its own")
	}
}

// Waiting associations cost a goroutine each, and no thread.
func TestThreads(t *testing.T) {
	const count, most = 500, 20
	server := open(t, "127.0.0.1", transport.Config{MaxHalfOpen: count})
	ctx := bounded(t)
	var all []transport.Association
	for range count {
		a, b := transporttest.Connect(t, open(t, "127.0.0.1", transport.Config{}), server)
		all = append(all, a, b)
	}
	for i := 0; i < len(all); i += 2 {
		if err := all[i].Send(ctx, transport.Message{PPID: transport.PPIDASAP, Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		if _, err := all[i+1].Recv(ctx); err != nil {
			t.Fatal(err)
		}
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d threads for %d associations", len(threads), count)
	if len(threads) >= most {
		t.Errorf("want fewer than %d threads", most)
	}
}

// At its defaults a backend finds a lost peer in 10 s, and in 4 s with data in flight.
func TestLossIsFoundInTime(t *testing.T) {
	needKernel(t)
	c := transport.Config{}.Defaults()
	for _, tc := range []struct {
		name  string
		busy  bool
		limit time.Duration
	}{
		{"idle", false, c.Heartbeat*time.Duration(c.MaxMissed+1) + c.Heartbeat},
		{"with data in flight", true, c.Heartbeat * 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := &network{}
			la, lb := open(t, "127.0.0.1", c), open(t, "127.0.0.1", c)
			n.listeners = []*listener{la, lb}
			a, _ := transporttest.Connect(t, la, lb)
			n.deafen(t)
			begin := time.Now()
			if tc.busy {
				if err := a.Send(bounded(t), transport.Message{PPID: 1, Data: []byte("into the void")}); err != nil {
					t.Fatal(err)
				}
			}
			if err := ended(t, a); !errors.Is(err, transport.ErrLost) {
				t.Errorf("ended with %v, want ErrLost", err)
			}
			took := time.Since(begin)
			t.Logf("after %v, with %v between probes and %d to miss", took, c.Heartbeat, c.MaxMissed)
			if took > tc.limit {
				t.Errorf("found after %v, want at most %v", took, tc.limit)
			}
		})
	}
}

// The wildcard takes both families, and knows its peers by their addresses.
func TestWildcard(t *testing.T) {
	for _, tc := range []struct{ bound, from, to string }{
		{"", "127.0.0.1", "127.0.0.1"},
		{"", "::1", "::1"},
		{"::", "127.0.0.1,127.0.0.2", "127.0.0.1"},
		{"0.0.0.0", "127.0.0.5", "127.0.0.1"},
	} {
		t.Run(tc.bound+" from "+tc.from, func(t *testing.T) {
			l := open(t, tc.bound, transport.Config{})
			for _, at := range l.Addrs() {
				if at.Addr().IsUnspecified() || at.Port() == 0 {
					t.Errorf("told as %v", at)
				}
			}
			from := open(t, tc.from, transport.Config{})
			to := transport.Address{Addrs: parse(tc.to), Port: l.Addrs()[0].Port()}
			if _, err := from.Dial(bounded(t), to); err != nil {
				t.Fatal(err)
			}
			b, err := l.Accept(bounded(t))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := b.Peer(), transporttest.AddressOf(from); !equal(got.Addrs, want.Addrs) || got.Port != want.Port {
				t.Errorf("the peer is %v, want %v", got, want)
			}
			if _, err := l.Dial(bounded(t), transporttest.AddressOf(from)); !errors.Is(err, transport.ErrExists) {
				t.Errorf("a dial back: %v, want ErrExists", err)
			}
			if _, err := l.Dial(bounded(t), to); !errors.Is(err, errSelf) {
				t.Errorf("a dial to itself: %v, want %v", err, errSelf)
			}
		})
	}
}

// An end at the wildcard has those addresses that its peer was told of.
func TestWildcardIsAsPeerKnowsIt(t *testing.T) {
	needRoot(t)
	command(t, "ip link add mask0 type dummy")
	t.Cleanup(func() { command(t, "ip link delete mask0") })
	command(t, "ip address add 10.3.0.1/24 dev mask0")
	command(t, "ip link set mask0 up")
	for _, wildcard := range []string{"", "0.0.0.0"} {
		l := open(t, "10.3.0.1", transport.Config{})
		from := open(t, wildcard, transport.Config{})
		a, err := from.Dial(bounded(t), transporttest.AddressOf(l))
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.Accept(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
		var got []netip.Addr
		for _, at := range a.Local() {
			got = append(got, at.Addr())
		}
		if want := b.Peer().Addrs; !equal(got, want) {
			t.Errorf("%q has %v, its peer knows %v", wildcard, got, want)
		}
	}
}

func equal(a, b []netip.Addr) bool {
	return len(a) == len(b) && transport.Address{Addrs: a}.String() == transport.Address{Addrs: b}.String()
}

func TestRefusedAddresses(t *testing.T) {
	l := open(t, "127.0.0.1", transport.Config{})
	listenError := func(at transport.Address, also ...transport.Address) error {
		s, err := New().Listen(transport.Config{Local: at, Also: also})
		if err == nil {
			s.Close()
		}
		return err
	}
	dialError := func(to transport.Address) error {
		_, err := l.Dial(bounded(t), to)
		return err
	}
	loopback := parse("127.0.0.1")
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"listen with a UDP port", listenError(transport.Address{UDPPort: 9899}), "leave @... out, or use transport udp"},
		{"listen at more places", listenError(transport.Address{}, transport.Address{UDPPort: 9899}), "leave @... out, or use transport udp"},
		{"listen elsewhere", listenError(transport.Address{Addrs: parse("192.0.2.1")}), "cannot bind SCTP 192.0.2.1:0"},
		{"listen where one is", listenError(transport.Address{Addrs: loopback, Port: l.Addrs()[0].Port()}), syscall.EADDRINUSE.Error()},
		{"dial in UDP", dialError(transport.Address{Addrs: loopback, Port: 1, UDPPort: 2}), "sysctl -w net.sctp.udp_port=9899"},
		{"dial nowhere", dialError(transport.Address{Port: 1}), "no address"},
		{"dial the other family", dialError(transport.Address{Addrs: parse("::1"), Port: 1}), "no address of that family"},
		{"dial nobody", dialError(transport.Address{Addrs: loopback, Port: 1}), transport.ErrRefused.Error()},
	} {
		if tc.err == nil || !strings.Contains(tc.err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, tc.err, tc.want)
		}
	}
}

// raw connects with a socket of its own, which asks for no tuning.
func raw(t *testing.T, l *listener) (fd int, a transport.Association) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_SCTP)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	at := l.Addrs()[0]
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}); err != nil {
		t.Fatal(err)
	}
	if a, err = l.Accept(bounded(t)); err != nil {
		t.Fatal(err)
	}
	return fd, a
}

// A peer may send what no message may be: it is told so, and what was before stays.
func TestTooLongMessage(t *testing.T) {
	l := open(t, "127.0.0.1", transport.Config{})
	fd, a := raw(t, l)
	for _, size := range []int{transport.MaxMessage, 200000} {
		if _, err := unix.Write(fd, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := ended(t, a); !errors.Is(err, transport.ErrAborted) || !errors.Is(err, errTooLong) {
		t.Errorf("ended with %v, want ErrAborted and %v", err, errTooLong)
	}
	if m, err := a.Recv(bounded(t)); err != nil || len(m.Data) != transport.MaxMessage {
		t.Errorf("the message before it: %d bytes, %v", len(m.Data), err)
	}
	if _, err := unix.Read(fd, make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the sender reads %v, want a reset", err)
	}
}

// A window smaller than the message: the kernel gives what it has, piece by piece.
func TestSmallWindow(t *testing.T) {
	l := open(t, "127.0.0.1", transport.Config{})
	if err := l.endpoint.(*kernelEndpoint).control(func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<10)
	}); err != nil {
		t.Fatal(err)
	}
	a, b := transporttest.Connect(t, open(t, "127.0.0.1", transport.Config{}), l)
	for i := range byte(2) {
		data := make([]byte, transport.MaxMessage)
		data[len(data)-1] = i
		if err := a.Send(bounded(t), transport.Message{PPID: 1, Data: data}); err != nil {
			t.Fatal(err)
		}
		if m, err := b.Recv(bounded(t)); err != nil || len(m.Data) != len(data) || m.Data[len(data)-1] != i {
			t.Fatalf("message %d: %d bytes, %v", i, len(m.Data), err)
		}
	}
}

// Nobody answers, and nobody is asked for an address: a dial ends when its caller
// wants, and in time.
func TestDialSilence(t *testing.T) {
	needRoot(t)
	command(t, "ip link add silent type dummy")
	t.Cleanup(func() { command(t, "ip link delete silent") })
	command(t, "ip address add 10.9.0.1/24 dev silent")
	command(t, "ip link set silent up")
	l := open(t, "10.9.0.1", transport.Config{HandshakeTimeout: 500 * time.Millisecond})
	to := transport.Address{Addrs: parse("10.9.0.2,10.9.0.3"), Port: 7}
	if _, err := l.Dial(bounded(t), to); !errors.Is(err, transport.ErrLost) || !strings.Contains(err.Error(), to.String()) {
		t.Errorf("without end: %v, want ErrLost and the addresses", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := l.Dial(ctx, to); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 400*time.Millisecond {
		t.Errorf("after %v: %v, want DeadlineExceeded at 100 ms", time.Since(begin), err)
	}
	result := make(chan error, 1)
	go func() {
		_, err := l.Dial(context.Background(), to)
		result <- err
	}()
	for under := false; !under && t.Context().Err() == nil; runtime.Gosched() {
		l.mu.Lock()
		under = len(l.calls) > 0
		l.mu.Unlock()
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, transport.ErrClosed) {
		t.Errorf("the listener was closed: %v, want ErrClosed", err)
	}
}

// UDP-5.1-01, UDP-5.3-01: a host with a UDP port for SCTP reaches peers that have
// one, and its packets have a good checksum.
func TestEncapsulation(t *testing.T) {
	needRoot(t)
	command(t, "sysctl -w net.sctp.udp_port=9899")
	t.Cleanup(func() { command(t, "sysctl -w net.sctp.udp_port=0") })
	capture(t, "udp port 9899", []string{"-d", "udp.port==9899,sctp", "-o", "sctp.checksum:CRC 32c"}, func(packets [][]string) {
		if len(packets) == 0 {
			t.Error("no SCTP in UDP was seen")
		}
		for _, p := range packets {
			if p[0] != "1" {
				t.Errorf("checksum status %q, want 1: good", p[0])
			}
		}
	}, "sctp.checksum.status")
	la, lb := open(t, "127.0.0.1", transport.Config{}), open(t, "127.0.0.2", transport.Config{})
	to := transporttest.AddressOf(lb)
	to.UDPPort = 9899
	a, err := la.Dial(bounded(t), to)
	if err != nil {
		t.Fatal(err)
	}
	b, err := lb.Accept(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []transport.Association{a, b} {
		if got := s.Peer().UDPPort; got != 9899 {
			t.Errorf("%v: UDP port %d, want 9899", s.Peer(), got)
		}
	}
	if err := a.Shutdown(bounded(t)); err != nil {
		t.Error(err)
	}
	ended(t, b)
	// The next one goes without.
	if a, _ = transporttest.Connect(t, la, lb); a.Peer().UDPPort != 0 {
		t.Errorf("the peer is %v, want no UDP port", a.Peer())
	}
}
