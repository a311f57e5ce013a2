package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// Scope is an operation scope in virtual time. Use New, then Run.
type Scope struct {
	cfg    Config
	chance *rand.Rand
	now    time.Duration
	queue  queue

	registrars []*host
	carriers   []*host
	users      []*host
	links      map[pair]*link
	// split: there is a partition.
	split bool
	// closings counts, from 1, when associations ended.
	closings uint64
	// ends finds an association by the number that its host has for it.
	ends []*end

	// elements is the truth about pool elements, by PE identifier minus 1.
	elements []element
	// lives are all registrars that ever were.
	lives map[wire.ServerID]*life

	report Report
	tally  tally
	// moves counts how often a registrar became the home of another one's element.
	moves int
	// changedAt is when a registrar last gave an element another home.
	changedAt time.Duration
	failed    []error
	// batch is what happens next, nextStop when to ask whether to stop.
	batch    batch
	nextStop int

	// trouble is when anything last went wrong that concerns all, or got right again;
	// wrongs counts what users found wrong.
	trouble time.Duration
	wrongs  int
	// lastChannel and lastState number channels and the states of sessions; states
	// are by their cookies.
	lastChannel, lastState uint64
	states                 map[string]string
}

// New makes a scope in which nothing has happened yet.
func New(cfg Config) (*Scope, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Scope{
		cfg: cfg, chance: newChance(cfg.Seed, 0),
		links: make(map[pair]*link), ends: make([]*end, 1), // 0 is no association
		closings: 1,
		lives:    make(map[wire.ServerID]*life), states: make(map[string]string),
		trouble: cfg.Warmup() + news - calm,
	}
	for i := range cfg.Registrars {
		s.registrars = append(s.registrars, s.newHost(&host{number: uint32(i), addr: place(registrarNetwork, i), member: &member{index: i}})) //nolint:gosec // bounded by MaxHosts
	}
	for i := range cfg.hosts() {
		s.carriers = append(s.carriers, s.newHost(&host{
			number: uint32(cfg.Registrars + i), addr: place(elementNetwork, i), carrier: &carrier{index: i}, //nolint:gosec // bounded by MaxHosts
		}))
	}
	for i := range cfg.Users {
		s.users = append(s.users, s.newHost(&host{
			number: uint32(cfg.Registrars + cfg.hosts() + i), addr: place(userNetwork, i), carrier: &carrier{user: &user{index: i}, struck: -calm}, //nolint:gosec // bounded by MaxHosts
		}))
	}
	for i := range cfg.Elements {
		s.addElement(i / cfg.ElementsPerHost)
	}
	for i, h := range s.registrars {
		at := time.Duration(i) * cfg.Ramp
		if cfg.Ramp == 0 {
			at = s.between(0, registrarStart)
		}
		s.queue.push(happening{at: at, kind: begin, host: h})
	}
	for _, h := range s.carriers {
		s.queue.push(happening{at: s.between(cfg.registrarsUp(), cfg.Warmup()), kind: begin, host: h})
	}
	for _, h := range s.users {
		s.queue.push(happening{at: s.between(cfg.Warmup(), cfg.Warmup()+userStart), kind: begin, host: h})
	}
	for i, f := range cfg.Faults {
		s.queue.push(happening{at: f.At, kind: strike, number: uint64(i)}) //nolint:gosec // an index
	}
	return s, nil
}

func newChance(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

// Registrars start first, elements in the time after that, and then users.
const (
	registrarStart = 2 * time.Second
	elementStart   = 8 * time.Second
	userStart      = 4 * time.Second
)

func (s *Scope) newHost(h *host) *host {
	h.offset = s.between(0, time.Hour)
	if s.cfg.Skew > 0 {
		h.rate = s.chance.Int64N(2*s.cfg.Skew+1) - s.cfg.Skew
	}
	return h
}

// between draws a duration from [low, high), or gives low where that is empty.
func (s *Scope) between(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(s.chance.Int64N(int64(high-low)))
}

// Run lets everything happen and checks what must hold. The report tells what was
// seen, the error what was wrong.
func (s *Scope) Run() (*Report, error) {
	end := s.cfg.end()
	quiet := end - quietCycles*s.cfg.Registrar.PeerHeartbeatCycle
	err := s.until(quiet - s.cfg.Registrar.PeerHeartbeatCycle)
	moves := s.moves
	if err == nil {
		err = s.until(quiet)
	}
	before := s.tally
	if err == nil {
		err = s.until(end)
	}
	if err == nil {
		err = s.landed()
	}
	if err == nil {
		err = s.check(before, s.moves-moves)
	}
	s.conclude()
	return &s.report, err
}

// landed waits until the latest change of an element's home has reached everybody.
func (s *Scope) landed() error {
	wait := 2 * (s.cfg.Latency + s.cfg.Jitter)
	for range maxLanding {
		if s.now-s.changedAt > wait {
			return nil
		}
		if err := s.until(s.now + wait); err != nil {
			return err
		}
	}
	return nil
}

// maxLanding is how often landed waits: where homes still change after that, the
// checks say so.
const maxLanding = 10

// stopEvery is after how many happenings Config.Stop is asked: about a tenth of a
// second.
const stopEvery = 1 << 16

// until lets happen what is due up to a time.
func (s *Scope) until(end time.Duration) error {
	for !s.queue.empty() && s.queue.first().at <= end {
		if s.gather(end) {
			s.together()
		} else {
			x := s.queue.pop()
			s.now = x.at
			s.report.Happenings++
			s.happen(x)
		}
		if s.report.Happenings > s.cfg.MaxHappenings {
			return fmt.Errorf("sim: given up at %v after %d happenings: the scope does not come to rest", s.now, s.cfg.MaxHappenings)
		}
		if s.report.Happenings >= s.nextStop {
			s.nextStop = s.report.Happenings + stopEvery
			if s.cfg.Stop != nil && s.cfg.Stop() {
				return ErrStopped
			}
		}
	}
	s.now = end
	return nil
}

// happen does one thing. What concerns a frozen program waits.
func (s *Scope) happen(x happening) {
	if h := x.host; h != nil && h.frozen && x.kind != call && x.kind != timeOut {
		if x.kind != wake { // it looks at its clock when it goes on
			h.held = append(h.held, x)
		}
		return
	}
	switch x.kind {
	case begin:
		s.begin(x.host)
	case wake: // in another life
	case message, up, down, request:
		s.arrive(x)
	case call:
		s.called(x)
	case refusal:
		s.refused(x)
	case strike:
		s.strike(x.number)
	case relief:
		s.relieve(&s.cfg.Faults[x.number])
	case timeOut:
		if l := x.end.link; s.parted(l.ends[0].host, l.ends[1].host) {
			s.lose(l, noContact)
		}
	case retry:
		s.reregister(x.host, x.number)
	case farewell:
		s.farewell(x.host, x.number)
	case transmitted:
		s.transmitted(x)
	case act:
		if x.host.running && x.host.life == x.life {
			s.act(x.host, x.number)
		}
	}
}

// begin starts the program of a host.
func (s *Scope) begin(h *host) {
	if h.running {
		return
	}
	h.running, h.vanished, h.waking = true, false, false
	h.life++
	s.say(h, "starts")
	if h.member != nil {
		s.beginRegistrar(h)
	} else {
		s.beginCarrier(h)
	}
}

// refused tells a machine that its dial came to nothing.
func (s *Scope) refused(x happening) {
	h, why := x.host, string(x.data)
	if !h.running || h.life != x.life {
		return
	}
	switch {
	case h.member != nil:
		s.stepRegistrar(h, registrar.DialFailed{Dial: registrar.DialID(x.number), Reason: why, Exists: why == exists, Refused: why == refused})
	case x.end.link.channel != nil:
		s.connectFailed(x.end, why)
	default:
		s.dialFailed(h, x.number, why)
	}
}

// associated tells a machine of its new association.
func (s *Scope) associated(e *end) {
	h, o := e.host, e.other().host
	p := e.link.pair.protocol
	switch {
	case h.member != nil:
		s.stepRegistrar(h, registrar.AssociationUp{
			Association: registrar.AssociationID(e.number), Protocol: p, Remote: o.listen(p), Dial: registrar.DialID(e.dial),
			Credential: o.credential(),
		})
	case e.link.channel != nil:
		s.channelUp(e)
	default:
		s.carrierUp(e)
	}
}

func (s *Scope) disassociated(e *end, why string) {
	h := e.host
	switch {
	case h.member != nil:
		s.stepRegistrar(h, registrar.AssociationDown{Association: registrar.AssociationID(e.number), Reason: why, Lost: why == lost || why == noContact})
	case e.link.channel != nil:
		s.channelDown(e, why)
	default:
		s.carrierDown(e, why)
	}
}

// delivered hands a message to the machine.
func (s *Scope) delivered(e *end, data []byte) {
	h := e.host
	if h.member != nil {
		if e.link.pair.protocol == registrar.ENRP {
			s.overheard(e.other().host)
		}
		s.stepRegistrar(h, registrar.Received{Association: registrar.AssociationID(e.number), Data: data})
	} else {
		s.carrierReceived(e, data)
	}
}
