package sim

import (
	"fmt"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/endpoint"
)

// Fault is something that goes wrong, or an element that does not stay as it is.
type Fault struct {
	At   time.Duration
	Kind FaultKind
	// Target is the number of a registrar, of a host of elements or of a user, from
	// 1, as the kind wants it. For Partition it is the set of registrars on one side:
	// bit 0 is registrar 1.
	Target int
	// Other is the second registrar of Loss.
	Other int
	// For is how long it lasts; where somebody dies until the start of the next life,
	// and 0 means for good.
	For time.Duration
	// Count is how many elements are concerned.
	Count int
}

// FaultKind is what goes wrong.
type FaultKind uint8

// The kinds of faults.
const (
	// Crash: a registrar's program dies. Its host tells so to all at the other ends.
	Crash FaultKind = iota
	// PowerLoss: its host dies too, and what is on its way from it is lost.
	PowerLoss
	// Freeze: it gets no processor, as after SIGSTOP.
	Freeze
	// Loss: two registrars lose their association and what is on its way.
	Loss
	// Isolate: the network of a registrar is down. Nothing gets to it or from it, and an
	// association ends where that lasts too long.
	Isolate
	// Partition: nothing gets from one side to the other. An association ends
	// where that lasts too long.
	Partition
	// Slow: all messages from and to a registrar take seconds.
	Slow
	// Echo: ENRP messages from and to a registrar come twice now and then.
	Echo
	// ElementCrash: a host of elements dies.
	ElementCrash
	// ElementFreeze: a host of elements gets no processor.
	ElementFreeze
	// Move: the elements of a host drop their home and hunt for another one.
	Move
	// Burst: Count new elements start on a host at once.
	Burst
	// Leave: Count elements of a host deregister.
	Leave
	// ElementPowerLoss: a host of elements dies, and does not even refuse what comes.
	ElementPowerLoss
	// UserCrash: a user's program dies.
	UserCrash
	// UserFreeze: a user gets no processor.
	UserFreeze
	// ChannelLoss: a user and the element that it has its session with lose their
	// channel, and can open another one.
	ChannelLoss
	faultKinds
)

// String gives the kind in lower-case words.
func (k FaultKind) String() string {
	return [...]string{
		"crash", "power loss", "freeze", "loss", "isolate", "partition", "slow", "echo", "element crash", "element freeze",
		"move", "burst", "leave", "element power loss", "user crash", "user freeze", "channel loss",
	}[k]
}

// String tells the fault in a line.
func (f Fault) String() string {
	text := fmt.Sprintf("%v %v %d", f.At, f.Kind, f.Target)
	if f.Kind == Partition {
		text = fmt.Sprintf("%v %v %b", f.At, f.Kind, f.Target)
	}
	if f.Other != 0 {
		text += fmt.Sprintf("-%d", f.Other)
	}
	if f.Count != 0 {
		text += fmt.Sprintf(" x%d", f.Count)
	}
	if f.For != 0 {
		text += fmt.Sprintf(" for %v", f.For)
	}
	return text
}

// ofElements reports whether the target is a host of elements, ofUsers whether it is
// a user.
func (k FaultKind) ofElements() bool { return k >= ElementCrash && k <= ElementPowerLoss }
func (k FaultKind) ofUsers() bool    { return k >= UserCrash }

func (f Fault) validate(c Config) error {
	targets := c.Registrars
	switch {
	case f.Kind >= faultKinds:
		return fmt.Errorf("sim: no fault has the kind %d", uint8(f.Kind))
	case f.Kind == Partition:
		targets = 1<<min(c.Registrars, 30) - 1
	case f.Kind.ofElements():
		targets = c.hosts()
	case f.Kind.ofUsers():
		targets = c.Users
	}
	switch {
	case f.Target < 1 || f.Target > targets:
		return fmt.Errorf("sim: fault %v: want a target from 1 to %d", f, targets)
	case f.Kind == Loss && (f.Other < 1 || f.Other > targets || f.Other == f.Target):
		return fmt.Errorf("sim: fault %v: want two registrars from 1 to %d", f, targets)
	case f.At < 0 || f.For < 0 || f.At+f.For > c.Duration:
		return fmt.Errorf("sim: fault %v: must begin and end in the %v before the scope settles", f, c.Duration)
	case f.Count < 0 || c.Light && (f.Kind == Burst || f.Kind == Leave):
		return fmt.Errorf("sim: fault %v: want real elements, and not less than none", f)
	}
	return nil
}

// DrawFaults draws n faults of all kinds for the scope from its seed; those that
// only users notice where it has some. At least one registrar outlasts them.
func DrawFaults(c Config, n int) []Fault {
	s := &Scope{chance: newChance(c.Seed, 1)}
	var list []Fault
	spared := 1 + s.chance.IntN(c.Registrars)
	kinds := int(ElementPowerLoss)
	if c.Users > 0 {
		kinds = int(faultKinds)
	}
	for range n {
		f := Fault{Kind: FaultKind(s.chance.IntN(kinds)), At: s.between(c.Warmup(), c.Duration)}
		f.For = min(s.between(time.Second, 2*time.Minute), c.Duration-f.At)
		f.Target = 1 + s.chance.IntN(c.Registrars)
		switch f.Kind {
		case Crash, PowerLoss:
			if f.Target != spared && s.chance.IntN(2) == 0 {
				f.For = 0
			}
		case Loss:
			f.For, f.Other = 0, 1+s.chance.IntN(c.Registrars)
		case Partition:
			f.Target = 1 + s.chance.IntN(1<<min(c.Registrars, 30)-1)
		default: // need no more
		}
		if f.Kind.ofElements() {
			if c.Elements == 0 {
				continue
			}
			f.Target = 1 + s.chance.IntN(c.hosts())
			f.Count = 1 + s.chance.IntN(20)
		}
		if f.Kind.ofUsers() {
			f.Target = 1 + s.chance.IntN(c.Users)
		}
		switch f.Kind {
		case ElementCrash, ElementPowerLoss, UserCrash:
			if s.chance.IntN(2) == 0 {
				f.For = 0
			}
		case Move, Burst, Leave, ChannelLoss:
			f.For = 0
		default: // last
		}
		if f.Kind != Burst && f.Kind != Leave {
			f.Count = 0
		}
		if f.validate(c) == nil { // not: a loss between a registrar and itself
			list = append(list, f)
		}
	}
	return list
}

// strike begins a fault.
func (s *Scope) strike(number uint64) {
	f := &s.cfg.Faults[number]
	h := s.target(f)
	s.say(h, "FAULT "+f.String())
	s.struck(f, h)
	switch f.Kind {
	case Crash, PowerLoss, ElementCrash, ElementPowerLoss, UserCrash:
		s.kill(h, f.Kind == PowerLoss || f.Kind == ElementPowerLoss)
		if f.For == 0 {
			return
		}
	case Freeze, ElementFreeze, UserFreeze:
		h.frozen = h.running
	case Loss:
		if l := s.links[pairOf(h, s.registrars[f.Other-1], registrar.ENRP)]; l != nil {
			s.lose(l, lost)
		}
	case Isolate:
		h.isolated = true
		s.outOfReach()
	case Partition:
		s.part(f.Target)
	case Slow:
		h.slow = s.between(500*time.Millisecond, 4*time.Second)
	case Echo:
		h.echo = 0.3
	case Move:
		if e := h.carrier.home; h.running && !h.frozen && e != nil && e.open {
			s.hangUp(e)
			s.ended(e, "moves")
		}
	case Burst:
		for i := 0; i < f.Count && h.running; i++ {
			n := s.addElement(f.Target - 1)
			s.queue.push(happening{at: s.now, kind: retry, host: h, number: uint64(n)}) //nolint:gosec // an index
		}
	case Leave:
		s.leave(h, f.Count)
	case ChannelLoss:
		if x := h.carrier.user.session; h.running && x != nil && x.channel != nil {
			s.lose(x.channel.link, lost)
		}
	case faultKinds:
	}
	if f.For > 0 {
		s.queue.push(happening{at: f.At + f.For, kind: relief, number: number})
	}
}

func (s *Scope) target(f *Fault) *host {
	switch {
	case f.Kind == Partition:
		return s.registrars[0]
	case f.Kind.ofElements():
		return s.carriers[f.Target-1]
	case f.Kind.ofUsers():
		return s.users[f.Target-1]
	}
	return s.registrars[f.Target-1]
}

// struck notes that something has changed for a host, or for all.
func (s *Scope) struck(f *Fault, h *host) {
	if f.Kind.ofElements() || f.Kind.ofUsers() {
		h.carrier.struck = s.now
	} else {
		s.trouble = s.now
	}
}

// relieve ends a fault.
func (s *Scope) relieve(f *Fault) {
	h := s.target(f)
	s.say(h, "END OF "+f.String())
	s.struck(f, h)
	switch f.Kind {
	case Crash, PowerLoss, ElementCrash, ElementPowerLoss, UserCrash:
		s.begin(h)
	case Freeze, ElementFreeze, UserFreeze:
		s.thaw(h)
	case Isolate:
		h.isolated = false
		s.deliver()
	case Partition:
		s.heal()
	case Slow:
		h.slow = 0
	case Echo:
		h.echo = 0
	case Loss, Move, Burst, Leave, ChannelLoss, faultKinds:
	}
}

// kill ends the program of a host, or all of the host.
func (s *Scope) kill(h *host, all bool) {
	if !h.running {
		return
	}
	h.running, h.frozen, h.vanished, h.held = false, false, all, nil
	if h.member != nil {
		s.dies(h)
	} else {
		for n := range h.carrier.each {
			s.elements[n].state, s.elements[n].died = gone, s.now
		}
	}
	for _, e := range s.ends {
		if e == nil || e.host != h {
			continue
		}
		if all {
			s.lose(e.link, noContact)
		} else if !e.link.dead {
			s.toward(e.other(), happening{kind: down, data: []byte("aborted")})
		}
		s.close(e)
	}
}

// thaw lets a frozen program go on with what waits for it.
func (s *Scope) thaw(h *host) {
	if !h.frozen {
		return
	}
	held := h.held
	h.frozen, h.held, h.waking = false, nil, false
	for _, x := range held {
		s.happen(x)
	}
	s.arm(h)
}

// parted reports whether nothing gets from one of two hosts to the other.
func (s *Scope) parted(a, b *host) bool {
	return s.split && a.group != b.group || a.isolated || b.isolated
}

// part puts hosts on the two sides of a partition; those of elements and users are
// with one of the registrars each.
func (s *Scope) part(side int) {
	s.split = true
	for i, h := range s.registrars {
		h.group = side >> (i % 30) & 1
	}
	for _, list := range [][]*host{s.carriers, s.users} {
		for i, h := range list {
			h.group = s.registrars[i%len(s.registrars)].group
		}
	}
	s.outOfReach()
}

// outOfReach lets associations end over which nothing comes for too long from now on.
func (s *Scope) outOfReach() {
	for _, e := range s.ends {
		if e != nil && e == &e.link.ends[0] && s.parted(e.host, e.other().host) {
			s.queue.push(happening{at: s.now + s.between(5*time.Second, 15*time.Second), kind: timeOut, end: e})
		}
	}
}

// heal ends all partitions.
func (s *Scope) heal() {
	s.split = false
	for _, list := range [][]*host{s.registrars, s.carriers, s.users} {
		for _, h := range list {
			h.group = 0
		}
	}
	s.deliver()
}

// deliver: what was sent while nothing got through arrives, where the association still
// is.
func (s *Scope) deliver() {
	for i := range s.ends {
		e := s.ends[i]
		if e == nil {
			continue
		}
		held := e.held
		e.held = nil
		for _, x := range held {
			s.happen(x)
		}
	}
}

// leave deregisters some elements of a host.
func (s *Scope) leave(h *host, count int) {
	if !h.running {
		return
	}
	for n := range h.carrier.each {
		if e := &s.elements[n]; count > 0 && e.state == registered {
			count--
			e.state = leaving
			s.queue.push(happening{at: s.now, kind: farewell, host: h, number: uint64(n)}) //nolint:gosec // an index
		}
	}
}

// farewell deregisters one element.
func (s *Scope) farewell(h *host, n uint64) {
	if h.running && s.elements[n].state == leaving {
		s.stepCarrier(h, endpoint.Deregister{Element: endpoint.ElementID(n)})
	}
}
