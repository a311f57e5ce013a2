package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/wire"
)

const (
	// startTimeout is how long a program may take until its port accepts
	// connections, and startLook how often that is tried.
	startTimeout = time.Minute
	startLook    = 50 * time.Millisecond
	// stopTimeout is the time between SIGTERM and SIGKILL.
	stopTimeout = 10 * time.Second
	// outputTimeout is how long what a program has left behind may keep its output.
	outputTimeout = time.Second
)

// program is a program of the user's that serves behind an element.
type program struct {
	cmd      *exec.Cmd
	protocol wire.ParameterType
	at       netip.AddrPort
	// done is closed when the program has ended; err, of then, goes to out once.
	done chan struct{}
	err  error
	out  chan error
}

// startProgram starts the program of exec at a free port, and waits until it
// accepts connections there, if it speaks TCP.
func (f *fleet) startProgram(ctx context.Context) (*program, error) {
	kind := protocolTypes[f.protocol.value]
	at, err := freeAddress(ctx, kind, f.at)
	if err != nil {
		return nil, fmt.Errorf("cannot find a free port at %s: %w", listenText(f.at), err)
	}
	p := &program{protocol: kind, at: at, done: make(chan struct{}), out: make(chan error, 1)}
	p.cmd = f.command(at, f.cmd.ErrOrStderr())
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the program: %w", err)
	}
	go p.wait()
	if kind == wire.TypeTCPTransport {
		if err := p.accepting(ctx); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

// command is the program with its place filled in. It gets no input, and all its
// output goes to one writer.
func (f *fleet) command(at netip.AddrPort, output io.Writer) *exec.Cmd {
	port := strconv.Itoa(int(at.Port()))
	fill := strings.NewReplacer("{addr}", at.Addr().String(), "{port}", port, "{listen}", at.String())
	args := make([]string, len(f.program))
	for i, a := range f.program {
		args[i] = fill.Replace(a)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(),
		envPrefix+"POOL="+handleText(f.handle), envPrefix+"LISTEN="+at.String(), envPrefix+"PORT="+port)
	if f.peID != 0 {
		cmd.Env = append(cmd.Env, envPrefix+"PE_ID="+f.peID.String())
	}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.WaitDelay = outputTimeout
	inOwnGroup(cmd)
	return cmd
}

func (p *program) wait() {
	if err := p.cmd.Wait(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		p.err = fmt.Errorf("%s: %w", p.cmd.Args[0], err)
	}
	p.out <- p.err
	close(p.done)
}

// accepting waits until the port accepts connections.
func (p *program) accepting(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	target := p.at
	if target.Addr().IsUnspecified() {
		target = netip.AddrPortFrom(loopback.Addrs[0], p.at.Port())
	}
	look := time.NewTicker(startLook)
	defer look.Stop()
	var dialer net.Dialer
	for {
		if c, err := dialer.DialContext(ctx, "tcp", target.String()); err == nil {
			return c.Close()
		}
		select {
		case <-look.C:
		case <-p.done:
			return fmt.Errorf("the program ended before port %d accepted connections: %w", p.at.Port(), p.failure())
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return fmt.Errorf("%s did not serve at %v within %v: it has to listen where {addr} and {port} in its arguments, or REGISTRAR_LISTEN in its environment, say",
				p.cmd.Args[0], p.at, startTimeout)
		}
	}
}

// failure is why the program ended; success is one where it had to serve.
func (p *program) failure() error {
	if p.err != nil {
		return p.err
	}
	return fmt.Errorf("%s: exit status 0", p.cmd.Args[0])
}

// offer leaves the address to the client where the program serves at all of them.
func (p *program) offer(e *client.Element) {
	e.User = wire.Transport{Type: p.protocol, Port: p.at.Port()}
	if !p.at.Addr().IsUnspecified() {
		e.User.Addresses = []netip.Addr{p.at.Addr()}
	}
}

// named: the identifier is in the program's environment where it is fixed.
func (p *program) named(wire.PEIdentifier) {}

func (p *program) ended() <-chan error { return p.out }

func (p *program) cpuTime() (time.Duration, error) { return cpuTimeOf(p.cmd.Process.Pid) }

// close asks the program to end, then makes it.
func (p *program) close() {
	for _, kill := range []bool{false, true} {
		select {
		case <-p.done:
			return
		default:
		}
		signalGroup(p.cmd.Process, kill) //nolint:errcheck // it is just ending then
		select {
		case <-p.done:
			return
		case <-time.After(stopTimeout):
		}
	}
}

// freeAddress gives at a port that nobody uses now, if it has none. SCTP travels
// in UDP.
func freeAddress(ctx context.Context, kind wire.ParameterType, at netip.AddrPort) (netip.AddrPort, error) {
	if !at.Addr().IsValid() {
		at = netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())
	}
	if at.Port() != 0 {
		return at, nil
	}
	var config net.ListenConfig
	if kind != wire.TypeTCPTransport {
		c, err := config.ListenPacket(ctx, "udp", at.String())
		if err != nil {
			return at, err
		}
		port := c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		return netip.AddrPortFrom(at.Addr(), port), c.Close()
	}
	l, err := config.Listen(ctx, "tcp", at.String())
	if err != nil {
		return at, err
	}
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	return netip.AddrPortFrom(at.Addr(), port), l.Close()
}
