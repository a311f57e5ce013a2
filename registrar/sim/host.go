package sim

import (
	"fmt"
	"math"
	"net/netip"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// host is one machine of the network with one program on it: a registrar, or the
// ASAP endpoint of elements or of a user.
type host struct {
	// number is its place in Scope.registrars, or behind those in Scope.carriers, or
	// behind those in Scope.users.
	number uint32
	addr   netip.Addr
	// member or carrier is the program.
	member  *member
	carrier *carrier

	// life counts the starts of the program.
	life uint64
	// running: the program is. frozen: it gets no processor. vanished: the host
	// does not even refuse what comes.
	running, frozen, vanished bool
	// held is what waits for a frozen program.
	held []happening
	// isolated: nothing gets to it or from it.
	isolated bool
	// group is its side of a partition, slow what each message takes longer, echo
	// how likely an ENRP message comes twice.
	group int
	slow  time.Duration
	echo  float64

	// offset and rate are what is wrong with its clock: now and in millionths.
	offset time.Duration
	rate   int64
	// due is when its machine wants a Tick, after 292 years if it does not.
	due time.Duration
	// woken is when the wake that counts is due, if waking.
	woken  time.Duration
	waking bool
	// turns are its places in the batch that runs.
	turns []int
	// heard is when another registrar last got a message of it.
	heard time.Duration
}

// The ports of everybody.
const (
	asapPort    = 3863
	enrpPort    = 9901
	elementPort = 40000
)

// epoch is what a right clock shows at the beginning.
var epoch = time.Unix(1_800_000_000, 0)

// name is how reports call the host: R1, R2 for registrars, E1, E2 for those of
// elements, U1, U2 for those of users.
func (h *host) name() string {
	if h.member != nil {
		return fmt.Sprintf("R%d", h.member.index+1)
	}
	if h.carrier.user != nil {
		return fmt.Sprintf("U%d", h.carrier.user.index+1)
	}
	return fmt.Sprintf("E%d", h.carrier.index+1)
}

// place is the address of the n-th host of a network.
func place(network byte, n int) netip.Addr {
	n++
	return netip.AddrFrom4([4]byte{network, byte(n >> 16), byte(n >> 8), byte(n)}) //nolint:gosec // cut on purpose
}

const (
	registrarNetwork = 10
	elementNetwork   = 11
	userNetwork      = 12
)

// at finds the host with an address, nil if there is none.
func (s *Scope) at(addrs []netip.Addr) *host {
	if len(addrs) == 0 || !addrs[0].Is4() {
		return nil
	}
	b := addrs[0].As4()
	n := int(b[1])<<16 + int(b[2])<<8 + int(b[3]) - 1
	switch {
	case b[0] == registrarNetwork && n >= 0 && n < len(s.registrars):
		return s.registrars[n]
	case b[0] == elementNetwork && n >= 0 && n < len(s.carriers):
		return s.carriers[n]
	case b[0] == userNetwork && n >= 0 && n < len(s.users):
		return s.users[n]
	}
	return nil
}

// clock is what the host's clock shows.
func (h *host) clock(now time.Duration) time.Time {
	return epoch.Add(h.offset + now + now*time.Duration(h.rate)/million)
}

const million = 1_000_000

// when is the first moment at which the host's clock shows t or more.
func (h *host) when(t time.Time) time.Duration {
	shown := t.Sub(epoch) - h.offset
	now := shown - shown*time.Duration(h.rate)/(million+time.Duration(h.rate)) // right but for rounding
	for h.clock(now).Before(t) {
		now++
	}
	return now
}

// arm makes sure that the host is woken when its machine wants that.
func (s *Scope) arm(h *host) {
	h.look()
	s.rearm(h)
}

// rearm is arm where the host has looked at its deadline.
func (s *Scope) rearm(h *host) {
	if h.due == never {
		return
	}
	now := max(h.due, s.now)
	if h.waking && h.woken <= now {
		return // it looks again then
	}
	h.woken, h.waking = now, true
	s.queue.push(happening{at: now, kind: wake, host: h, life: h.life})
}

// never is too late for anything.
const never time.Duration = math.MaxInt64

// look finds out when the machine wants a Tick.
func (h *host) look() {
	h.due = never
	if at, ok := h.deadline(); ok {
		h.due = h.when(at)
	}
}

func (h *host) deadline() (time.Time, bool) {
	if h.member != nil {
		return h.member.core.Deadline()
	}
	return h.carrier.core.Deadline()
}

// listen is the ASAP or ENRP endpoint of the host as others see it.
func (h *host) listen(p registrar.Protocol) registrar.Endpoint {
	port := uint16(asapPort)
	switch {
	case h.carrier != nil:
		port = elementPort
	case p == registrar.ENRP:
		port = enrpPort
	}
	return registrar.Endpoint{Addrs: []netip.Addr{h.addr}, Port: port}
}

// serverID draws an ID that no registrar has had.
func (s *Scope) serverID() wire.ServerID {
	for {
		id := wire.ServerID(s.chance.Uint32())
		if _, taken := s.lives[id]; id != 0 && !taken {
			return id
		}
	}
}
