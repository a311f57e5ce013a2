package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

const (
	// maxElements bounds --count: each element takes a socket.
	maxElements = 10_000
	// minCookieKey is the least length of a cookie key: what is shorter can be
	// guessed.
	minCookieKey = 16
)

// read turns the texts into values and refuses what makes no sense.
func (o *elementOptions) read() error {
	if _, known := services[o.service]; !known && o.service != execService {
		return fmt.Errorf("unknown service %q: want %s", o.service, serviceNames)
	}
	var err error
	if o.handle, err = poolHandleArg(o.pool); err != nil {
		return fmt.Errorf("--pool: %w", err)
	}
	if o.initial, err = policy.Parse(o.policy); err != nil {
		return fmt.Errorf("--policy: %w", err)
	}
	if o.count < 1 || o.count > maxElements {
		return fmt.Errorf("--count: want 1 to %d, have %d", maxElements, o.count)
	}
	if o.maxSessions < 1 {
		return fmt.Errorf("--max-sessions: want 1 or more, have %d", o.maxSessions)
	}
	if o.uptime < 0 || o.downtime < 0 || (o.uptime == 0) != (o.downtime == 0) {
		return errors.New("--uptime and --downtime: want two positive durations")
	}
	return errors.Join(o.readID(), o.readLife(), o.readListen(), o.readLoad(), o.readKey())
}

func (o *elementOptions) readID() error {
	if o.id == "" {
		return nil
	}
	id, err := wire.ParseID(o.id)
	switch {
	case err != nil:
		return fmt.Errorf("--id: %w", err)
	case id == 0:
		return errors.New("--id: 0 is no PE identifier; leave the flag out for a random one")
	case o.count > 1:
		return errors.New("--id: cannot be given to more than one element; leave it or --count out")
	}
	o.peID = wire.PEIdentifier(id)
	return nil
}

func (o *elementOptions) readLife() error {
	switch l := o.lifetime; {
	case l == -time.Second:
		o.life = wire.InfiniteLife
	case l < time.Second || l%time.Second != 0 || l/time.Second > math.MaxInt32:
		return fmt.Errorf("--lifetime: want whole seconds from 1s on, or -1s for ever, have %v", l)
	default:
		o.life = wire.RegistrationLife(l / time.Second)
	}
	if o.reregister < 0 || o.life > 0 && o.reregister >= o.lifetime {
		return fmt.Errorf("--reregister: want less than the lifetime of %v, have %v", o.lifetime, o.reregister)
	}
	return nil
}

// lifeUnit is what the registrars count lives in.
func (o *elementOptions) lifeUnit() time.Duration {
	if o.dialect.value == registrar.RSPLIB.String() {
		return time.Millisecond
	}
	return time.Second
}

func (o *elementOptions) readListen() error {
	if o.listen == "" {
		return nil
	}
	at := o.listen
	if at[0] == ':' {
		at = "0.0.0.0" + at
	}
	ap, err := netip.ParseAddrPort(at)
	if err != nil {
		return fmt.Errorf("--listen: want ADDR:PORT with an IP address or none, have %q", o.listen)
	}
	if ap.Port() != 0 && o.count > 1 {
		return fmt.Errorf("--listen: one port cannot serve %d elements; give port 0", o.count)
	}
	if o.at = ap; at != o.listen {
		o.at = netip.AddrPortFrom(netip.Addr{}, ap.Port())
	}
	return nil
}

func (o *elementOptions) readLoad() error {
	if o.load == "" {
		return nil
	}
	if _, ok := policy.WithLoad(o.initial, 0); !ok {
		return fmt.Errorf("--load: policy %s knows no load; use lu, lud, plu or rlu", policy.Short(o.initial.Type))
	}
	switch {
	case o.load == loadCPU:
		return nil
	case o.load == loadAuto && o.service == execService:
		return errors.New("--load auto: the sessions of a program cannot be counted; use cpu or a share")
	case o.load == loadAuto && o.protocol.value == "udp":
		return errors.New("--load auto: there are no sessions over UDP to count; use cpu or a share")
	case o.load == loadAuto:
		return nil
	}
	p, err := policy.Parse("lu:" + o.load)
	if err != nil {
		return fmt.Errorf("--load: want a share such as 30%%, auto or cpu, have %q", o.load)
	}
	o.initial, _ = policy.WithLoad(o.initial, p.Load)
	return nil
}

// readKey takes the first line of --cookie-key-file.
func (o *elementOptions) readKey() error {
	if o.keyFile == "" {
		return nil
	}
	text, err := os.ReadFile(o.keyFile)
	if err != nil {
		return fmt.Errorf("--cookie-key-file: %w", err)
	}
	_, line, _ := bufio.ScanLines(text, true)
	if o.key = bytes.TrimSpace(line); len(o.key) < minCookieKey {
		return fmt.Errorf("--cookie-key-file %s: want a first line of at least %d characters, have %d; openssl rand -hex 32 makes one",
			o.keyFile, minCookieKey, len(o.key))
	}
	return nil
}
