//go:build linux && !386

package kernel

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// farSide makes a network namespace with two links to it: 10.1.0.1 here to 10.1.0.2
// there, and 10.2.0.1 to 10.2.0.2.
func farSide(t *testing.T) {
	t.Helper()
	needRoot(t)
	command(t, "ip netns add far")
	t.Cleanup(func() { command(t, "ip netns delete far") })
	command(t, "ip -n far link set lo up")
	for _, link := range []string{"1", "2"} {
		command(t, "ip link add way"+link+" type veth peer name way"+link+" netns far")
		t.Cleanup(func() { command(t, "ip link delete way"+link) })
		command(t, "ip address add 10."+link+".0.1/24 dev way"+link)
		command(t, "ip link set way"+link+" up")
		command(t, "ip -n far address add 10."+link+".0.2/24 dev way"+link)
		command(t, "ip -n far link set way"+link+" up")
	}
}

// sever lets a link lose everything, in both directions, and mend ends it.
func sever(t *testing.T, link string) {
	t.Helper()
	command(t, "tc qdisc add dev "+link+" root netem loss 100%")
	command(t, "ip netns exec far tc qdisc add dev "+link+" root netem loss 100%")
}

func mend(t *testing.T, link string) {
	t.Helper()
	command(t, "tc qdisc delete dev "+link+" root")
	command(t, "ip netns exec far tc qdisc delete dev "+link+" root")
}

// farHeartbeat is that of both sides where paths fail.
const farHeartbeat = 400 * time.Millisecond

// farVariable has this test binary be the far side where it is set: an association
// is peeled off in the network namespace of its socket, so that one needs a process.
// It names addresses to listen at, a port, and an address to dial if one is to be.
const farVariable = "KERNEL_TEST_FAR"

// startFar starts the far side, at both its addresses.
func startFar(t *testing.T, port uint16, heartbeat time.Duration, dial string) (transport.Address, *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", "far", self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %v %s", farVariable, port, heartbeat, dial))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	at := transport.Address{Addrs: parse("10.1.0.2,10.2.0.2")}
	if _, err := fmt.Sscan(line, &at.Port); err != nil {
		t.Fatal(err)
	}
	return at, cmd
}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may be dead already
	_ = cmd.Wait()
}

// beFar sends back what comes, until it is killed.
func beFar(job string) error {
	var heartbeat, dial string
	c := transport.Config{Local: transport.Address{Addrs: parse("10.1.0.2,10.2.0.2")}}
	n, err := fmt.Sscan(job, &c.Local.Port, &heartbeat, &dial)
	if n < 2 { // whom to dial may be missing
		return err
	}
	if c.Heartbeat, err = time.ParseDuration(heartbeat); err != nil {
		return err
	}
	l, err := New().Listen(c)
	if err != nil {
		return err
	}
	fmt.Println(l.Addrs()[0].Port())
	ctx := context.Background()
	open := l.Accept
	if dial != "" {
		to, err := transport.ParseAddress(dial)
		if err != nil {
			return err
		}
		open = func(ctx context.Context) (transport.Association, error) { return l.Dial(ctx, to) }
	}
	a, err := open(ctx)
	for err == nil {
		var m transport.Message
		if m, err = a.Recv(ctx); err == nil {
			err = a.Send(ctx, m)
		}
	}
	return err
}

// A path that dies costs time, and neither a message nor the association.
func TestFailover(t *testing.T) {
	farSide(t)
	const count, window, size = 600, 20, 1000
	l := open(t, "10.1.0.1,10.2.0.1", transport.Config{Heartbeat: farHeartbeat})
	to, _ := startFar(t, 0, farHeartbeat, "")
	ctx := bounded(t)
	a, err := l.Dial(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(count + window) {
		if i == count/3 {
			sever(t, "way1")
		}
		if i < count {
			m := transport.Message{PPID: transport.PPIDENRP, Data: binary.BigEndian.AppendUint32(make([]byte, size), i)}
			if err := a.Send(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		if i < window {
			continue
		}
		m, err := a.Recv(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got := binary.BigEndian.Uint32(m.Data[size:]); got != i-window {
			t.Fatalf("message %d came back, want %d", got, i-window)
		}
	}
	// The dead path is probed, and has no say in whether the peer lives.
	idle := time.NewTimer(15 * farHeartbeat)
	defer idle.Stop()
	select {
	case <-a.Done():
		t.Fatalf("ended with %v although one path is alive", a.Err())
	case <-idle.C:
	}
	begin := time.Now()
	sever(t, "way2")
	if err := ended(t, a); !errors.Is(err, transport.ErrLost) {
		t.Errorf("both paths are cut: %v, want ErrLost", err)
	}
	const limit = 12 * farHeartbeat
	if took := time.Since(begin); took > limit {
		t.Errorf("found after %v, want at most %v", took, limit)
	}
}

// A peer that begins anew without a word is another one (RFC 9260 section 5.2.4):
// the association with the old one has ended, the new one is accepted.
func TestRestart(t *testing.T) {
	farSide(t)
	const calm = time.Minute // neither side finds out by itself that the links are cut
	l := open(t, "10.1.0.1,10.2.0.1", transport.Config{Heartbeat: calm})
	here := transport.Address{Addrs: parse("10.1.0.1"), Port: l.Addrs()[0].Port()}.String()
	var old transport.Association
	var port uint16
	for range 2 {
		at, far := startFar(t, port, calm, here)
		port = at.Port
		a, err := l.Accept(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Send(bounded(t), transport.Message{PPID: 1, Data: []byte("anew")}); err != nil {
			t.Fatal(err)
		}
		if m, err := a.Recv(bounded(t)); err != nil || string(m.Data) != "anew" {
			t.Fatalf("got %q, %v", m.Data, err)
		}
		if old == nil {
			old = a
			sever(t, "way1")
			sever(t, "way2")
			kill(far)
			mend(t, "way1")
			mend(t, "way2")
			continue
		}
		if err := ended(t, old); !errors.Is(err, transport.ErrAborted) || !errors.Is(err, errRestart) {
			t.Errorf("the old one ended with %v, want ErrAborted and %v", err, errRestart)
		}
		if _, err := l.Dial(bounded(t), at); !errors.Is(err, transport.ErrExists) {
			t.Errorf("a dial back: %v, want ErrExists", err)
		}
	}
}
