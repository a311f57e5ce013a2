package sim

import (
	"time"

	"rserpool/registrar"
)

// pair names the two SCTP endpoints of an association; there is one association
// between them at most. Each channel is between two of its own.
type pair struct {
	low, high uint32
	protocol  registrar.Protocol
	channel   uint64
}

// link is an association. It keeps the order of messages in each direction.
type link struct {
	pair pair
	// life is that of the host that dialled.
	life uint64
	ends [2]end
	// channel is set where the link joins a user and an element.
	channel *channel
	// dead: nothing gets through any more, though the ends may not know yet.
	dead bool
}

// end is one host's side of an association.
type end struct {
	link *link
	host *host
	// number is the association's for the host's machine.
	number uint64
	// live: it exists; open: the machine has been told so.
	live, open bool
	// dial is the attempt that made it, 0 at the far side.
	dial uint64
	// arrives is when the latest message to this end is due.
	arrives time.Duration
	// held are messages that a partition keeps from this end.
	held []happening
}

func (e *end) other() *end {
	if e == &e.link.ends[0] {
		return &e.link.ends[1]
	}
	return &e.link.ends[0]
}

func pairOf(a, b *host, p registrar.Protocol) pair {
	return pair{low: min(a.number, b.number), high: max(a.number, b.number), protocol: p}
}

// delay draws the time that a message between the hosts takes.
func (s *Scope) delay(a, b *host) time.Duration {
	d := s.cfg.Latency + max(a.slow, b.slow)
	if s.cfg.Jitter > 0 {
		d += time.Duration(s.chance.Uint64N(uint64(s.cfg.Jitter))) //nolint:gosec // a Jitter below 0 is no configuration
	}
	return d
}

// toward queues what comes over the association to an end, behind what is on
// its way there.
func (s *Scope) toward(e *end, x happening) {
	x.at = max(s.now+s.delay(e.host, e.other().host), e.arrives)
	e.arrives = x.at
	x.end, x.host = e, e.host
	s.queue.push(x)
}

// send sends a message from an end.
func (s *Scope) send(from *end, data []byte) {
	s.count(from, data)
	if !from.open || from.link.dead {
		return
	}
	to := from.other()
	x := happening{kind: message, data: data, from: from.host, number: to.number}
	if to.open {
		x.life = s.closings
	}
	s.toward(to, x)
	if p := max(from.host.echo, to.host.echo); p > 0 && from.link.pair.protocol == registrar.ENRP && s.chance.Float64() < p {
		s.toward(to, x)
	}
}

// dial lets a host open an association to another one.
func (s *Scope) dial(from, to *host, p registrar.Protocol, number uint64) {
	l := &link{life: from.life}
	l.ends[0] = end{link: l, host: from}
	l.ends[1] = end{link: l, host: to}
	if to == nil {
		s.refuse(&l.ends[0], number, s.cfg.DialTimeout, "no route to host")
		return
	}
	l.pair = pairOf(from, to, p)
	s.queue.push(happening{at: s.now + s.delay(from, to), kind: call, number: number, host: to, end: &l.ends[0]})
}

// refuse tells a host that its dial came to nothing.
func (s *Scope) refuse(e *end, number uint64, after time.Duration, why string) {
	s.queue.push(happening{at: s.now + after, kind: refusal, number: number, host: e.host, life: e.host.life, end: e, data: []byte(why)})
}

const (
	// exists is the reason of a dial that failed because the other end was faster,
	// refused of one that nothing at the far side wanted.
	exists  = "the association exists"
	refused = "refused"
	// lost and noContact are those of an association that nobody has ended.
	lost      = "lost"
	noContact = "no contact"
)

// called: a dial has reached the far side.
func (s *Scope) called(x happening) {
	e := x.end
	l, from, to := e.link, e.host, x.host
	old := s.links[l.pair]
	switch {
	case !from.running || from.life != l.life:
		return // who dialled is dead
	case s.parted(from, to), to.vanished, to.frozen:
		s.refuse(e, x.number, s.cfg.DialTimeout, "no answer")
		return
	case !to.running, l.channel != nil && !s.serves(l.channel):
		s.refuse(e, x.number, s.delay(from, to), refused)
		return
	case old != nil && old.endOf(from).live:
		s.refuse(e, x.number, s.delay(from, to), exists)
		return
	case old != nil:
		s.forget(old)
		s.ended(old.endOf(to), "the other end has restarted")
	}
	s.links[l.pair] = l
	for i := range l.ends {
		s.ends = append(s.ends, &l.ends[i])
		l.ends[i].number = uint64(len(s.ends) - 1)
		l.ends[i].live = true
	}
	e.dial = x.number
	if l.channel != nil { // what the element says at once comes behind
		s.toward(e, happening{kind: up})
		s.opened(e.other())
		return
	}
	s.opened(e.other())
	s.toward(e, happening{kind: up})
}

func (l *link) endOf(h *host) *end {
	if l.ends[0].host == h {
		return &l.ends[0]
	}
	return &l.ends[1]
}

// opened tells a machine of a new association.
func (s *Scope) opened(e *end) {
	e.open = true
	s.associated(e)
}

// ended tells a machine that an association is gone, or never came to be.
func (s *Scope) ended(e *end, why string) {
	if !e.live {
		return
	}
	wasOpen := e.open
	s.close(e)
	switch {
	case wasOpen:
		s.disassociated(e, why)
	case e.dial != 0, e.link.channel != nil && e == &e.link.ends[0]:
		s.refuse(e, e.dial, 0, why)
	}
}

// close ends one side of an association without a word to anybody.
func (s *Scope) close(e *end) {
	s.closings++
	s.ends[e.number] = nil
	e.live, e.open, e.held = false, false, nil
	if !e.other().live {
		s.forget(e.link)
	}
}

// forget takes a link out of those that exist.
func (s *Scope) forget(l *link) {
	s.closings++
	l.dead = true
	if s.links[l.pair] == l {
		delete(s.links, l.pair)
	}
}

// closedInOrder is what the other end hears of hangUp.
const closedInOrder = "closed by the other end"

// hangUp ends an association in good order, as one end wants it: what was sent
// arrives before.
func (s *Scope) hangUp(e *end) {
	if e.open && !e.link.dead {
		s.toward(e.other(), happening{kind: down, data: []byte(closedInOrder)})
	}
}

// lose cuts an association: what is on its way is gone, and each end learns of it
// after a time of its own.
func (s *Scope) lose(l *link, why string) {
	if l.dead {
		return
	}
	s.closings++
	l.dead = true
	for i := range l.ends {
		e := &l.ends[i]
		e.held = nil
		at := s.now + s.between(100*time.Millisecond, s.cfg.LossDetection)
		s.queue.push(happening{at: at, kind: down, host: e.host, end: e, data: []byte(why)})
	}
}

// arrive takes what comes over an association.
func (s *Scope) arrive(x happening) {
	e := x.end
	l := e.link
	switch {
	case x.kind == down && l.dead: // told by the host itself
		s.ended(e, string(x.data))
		return
	case l.dead:
		return
	case s.parted(l.ends[0].host, l.ends[1].host):
		e.held = append(e.held, x)
		return
	}
	switch x.kind {
	case up:
		if e.live {
			s.opened(e)
		}
	case down:
		s.ended(e, string(x.data))
		if o := e.other(); o.live && !l.dead {
			s.toward(o, happening{kind: down, data: []byte("closed")})
		}
	case request:
		if e.open {
			s.giveCookie(e)
		}
	case message:
		if e.open {
			s.delivered(e, x.data)
		} else if o := e.other(); o.open { // out of the blue
			s.toward(o, happening{kind: down, data: []byte("aborted: unknown association")})
		}
	default: // do not happen on links
	}
}
