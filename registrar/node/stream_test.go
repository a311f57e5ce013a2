package node_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/tcp"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

// loopback is where the tests of real sockets listen.
var loopback = netip.MustParseAddr("127.0.0.1")

// bilingual runs a registrar that serves ASAP by SCTP and TCP.
func bilingual(t *testing.T, set func(*node.Config)) *running {
	t.Helper()
	c := onLoopback(idA)
	c.ASAPStream = []transport.Address{at(loopback, 0)}
	if set != nil {
		set(&c)
	}
	return start(t, c)
}

// over connects to a registrar's ASAP port by t.
func over(t *testing.T, by transport.Transport, to netip.AddrPort) script {
	t.Helper()
	l, err := by.Listen(transport.Config{Local: at(loopback, 0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	a, err := l.Dial(t.Context(), addressOf(to))
	if err != nil {
		t.Fatal(err)
	}
	return script{t, a, transport.PPIDASAP}
}

// resolution is the answer about the pool, byte for byte.
func (s script) resolution(pool wire.PoolHandle) []byte {
	s.t.Helper()
	s.send(asap.HandleResolution{Handle: pool})
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	m, err := s.Recv(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return m.Data
}

// ASAP-2.1-01, ASAP-2.1-02: users are served alike over SCTP and TCP, elements over
// SCTP only.
func TestBothTransports(t *testing.T) {
	a := bilingual(t, nil)
	pe := over(t, udp.New(), a.ASAPAddrs()[0])
	pe.send(registration("EchoPool", 0x77, loopback))
	if m, ok := pe.receive().(asap.RegistrationResponse); !ok || m.Reject {
		t.Fatalf("registration over SCTP: %+v, want acceptance", m)
	}
	bySCTP, byTCP := over(t, udp.New(), a.ASAPAddrs()[0]), over(t, tcp.New(), a.ASAPStreamAddrs()[0])
	before := bySCTP.resolution("EchoPool")
	if got := byTCP.resolution("EchoPool"); !bytes.Equal(got, before) {
		t.Errorf("over TCP %x, over SCTP %x", got, before)
	}
	for _, m := range []asap.Message{registration("EchoPool", 0x78, loopback), registration("Mine", 1, loopback)} {
		byTCP.send(m)
		if m, ok := byTCP.receive().(asap.RegistrationResponse); !ok || !m.Reject || m.Causes[0].Code != wire.CauseRejectedSecurity {
			t.Errorf("registration over TCP: %+v, want a refusal with cause 0xa", m)
		}
	}
	byTCP.send(asap.Deregistration{Handle: "EchoPool", ID: 0x77})
	if m, ok := byTCP.receive().(asap.DeregistrationResponse); !ok || len(m.Causes) != 1 {
		t.Errorf("deregistration over TCP: %+v, want a refusal", m)
	}
	if got := bySCTP.resolution("EchoPool"); !bytes.Equal(got, before) {
		t.Errorf("after TCP %x, before it %x", got, before)
	}
	byTCP.send(asap.HandleResolution{Handle: "EchoPool", Subscribe: true})
	if m, ok := byTCP.receive().(asap.HandleResolutionResponse); !ok || !m.Accepted {
		t.Errorf("subscription over TCP: %+v, want it accepted", m)
	}
	pe.send(registration("EchoPool", 0x79, loopback))
	if m, ok := byTCP.receive().(asap.HandleResolutionResponse); !ok || len(m.Elements) != 2 {
		t.Errorf("update over TCP: %+v, want 2 elements", m)
	}
	if err := a.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	<-byTCP.Done()
	if !errors.Is(byTCP.Err(), transport.ErrShutdown) {
		t.Errorf("the user's connection ended with %v, want %v", byTCP.Err(), transport.ErrShutdown)
	}
}

// TestBrokenStreams: what makes a stream unreadable ends the connection, at once
// or when the client goes, and does nothing else. SEC-28 PAR-4-11
func TestBrokenStreams(t *testing.T) {
	a := bilingual(t, nil)
	pe := over(t, udp.New(), a.ASAPAddrs()[0])
	pe.send(registration("EchoPool", 0x77, loopback))
	pe.receive()
	user := over(t, tcp.New(), a.ASAPStreamAddrs()[0])
	before := user.resolution("EchoPool")
	goodbye := string(encode(t, asap.Deregistration{Handle: "EchoPool", ID: 0x77}))
	for _, tt := range []struct {
		name, stream string
		stays        bool // until the client closes
	}{
		{"length 0", "\x05\x00\x00\x00", false},
		{"length 3", "\x05\x00\x00\x03", false},
		{"length 3, and a deregistration behind it", "\x05\x00\x00\x03" + goodbye, false},
		{"zeros", string(make([]byte, 70000)), false},
		{"HTTP", "GET / HTTP/1.1\r\nHost: registrar\r\n\r\n", true}, // a message of 8 KB that does not come
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", true},
		{"half a header", "\x05\x00", true},
		{"half a message", goodbye[:9], true},
		{"a deregistration without its last byte", goodbye[:len(goodbye)-1], true},
		{"the largest length and no more", "\x05\x00\xff\xff", true},
		{"noise", strings.Repeat("\x0f\xad\xbe\xef", 16000), true},
		{"nothing", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(a.ASAPStreamAddrs()[0]))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte(tt.stream)); err != nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
				t.Fatal(err)
			}
			if tt.stays {
				if err := conn.CloseWrite(); err != nil {
					t.Fatal(err)
				}
			}
			if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil && !errors.Is(err, syscall.ECONNRESET) || len(answer) > 0 {
				t.Errorf("read %x, %v, want the end of the connection", answer, err)
			}
			if got := user.resolution("EchoPool"); !bytes.Equal(got, before) {
				t.Errorf("the pool is now %x, was %x", got, before)
			}
		})
	}
	if got := a.updates("EchoPool", 0x77); len(got) != 1 {
		t.Errorf("updates %v, want the one of the registration", got)
	}
}

// Users over TCP and SCTP share one limit, and who goes makes room.
func TestAssociationLimitIsShared(t *testing.T) {
	a := bilingual(t, func(c *node.Config) { c.Registrar.Limits.Associations = 2 })
	over(t, udp.New(), a.ASAPAddrs()[0]).resolution("x")
	second := over(t, tcp.New(), a.ASAPStreamAddrs()[0])
	second.resolution("x")
	if served(t, a, "x") || !strings.Contains(a.logged(), "association.refused") {
		t.Error("a third association is served, or its refusal is not in the log")
	}
	if err := second.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); !served(t, a, "x"); { // the registrar hears of the end in its turn
		if time.Now().After(end) {
			t.Fatal("no room 20 s after the second has gone")
		}
	}
}

// served tells whether a user over TCP gets in.
func served(t *testing.T, r *running, pool wire.PoolHandle) bool {
	t.Helper()
	l, err := tcp.New().Listen(transport.Config{Local: at(loopback, 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := l.Dial(t.Context(), addressOf(r.ASAPStreamAddrs()[0]))
	if err == nil {
		err = a.Send(t.Context(), transport.Message{PPID: transport.PPIDASAP, Data: encode(t, asap.HandleResolution{Handle: pool})})
	}
	if err == nil {
		_, err = a.Recv(t.Context())
	}
	for _, refusal := range []error{nil, transport.ErrRefused, transport.ErrAborted} {
		if errors.Is(err, refusal) {
			return err == nil
		}
	}
	t.Fatal(err)
	return false
}

func TestStreamPortInUse(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	c := onLoopback(idA)
	c.ASAPStream = []transport.Address{at(loopback, busy.Addr().(*net.TCPAddr).AddrPort().Port())}
	_, err = node.Start(t.Context(), c)
	var listen *node.ListenError
	if !errors.As(err, &listen) || listen.Port != node.PortASAPStream || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Start: %v, want a ListenError about asap-tcp", err)
	}
}

// Without ASAPStream, no TCP port is open, and none is announced.
func TestNoStream(t *testing.T) {
	c := onLoopback(idA)
	c.Registrar.ASAPStream = registrar.Endpoint{Addrs: []netip.Addr{loopback}, Port: 1} // not the caller's to say
	if got := start(t, c).ASAPStreamAddrs(); len(got) > 0 {
		t.Errorf("TCP at %v, want none", got)
	}
}
