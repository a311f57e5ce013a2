package load

import (
	"math/rand/v2"
	"net/netip"

	"rserpool/registrar/asap"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// element is one that this run registers.
type element struct {
	handle wire.PoolHandle
	id     wire.PEIdentifier
}

// space is what one lane registers, and its chance.
type space struct {
	options *Options
	chance  *rand.Rand
	user    wire.Transport
	// elements are every n-th of the run, n being the number of lanes: those of one
	// lane are in different pools where there are as many.
	elements []element
	handles  []wire.PoolHandle // of all pools
	// The messages that are sent, again and again.
	registration   asap.Registration
	deregistration asap.Deregistration
	resolution     asap.HandleResolution
}

func newSpace(o *Options, lane int, first wire.PEIdentifier, handles []wire.PoolHandle, user wire.Transport) *space {
	s := &space{options: o, chance: rand.New(rand.NewPCG(o.Seed, uint64(lane))), user: user, handles: handles}
	if o.Pool != "" {
		return s
	}
	for k := lane; k < o.Pools*o.Elements; k += o.Associations {
		s.elements = append(s.elements, element{handles[k/o.Elements], first + wire.PEIdentifier(k)})
	}
	return s
}

// byPool is for keep-alives.
func (s *space) byPool() map[wire.PoolHandle][]wire.PEIdentifier {
	m := make(map[wire.PoolHandle][]wire.PEIdentifier)
	for _, e := range s.elements {
		m[e.handle] = append(m[e.handle], e.id)
	}
	return m
}

// register is the registration of e with a load of its own.
func (s *space) register(e element) (asap.Message, answer) {
	p := s.options.Policy
	if loaded, ok := policy.WithLoad(p, s.chance.Uint32()); ok {
		p = loaded
	}
	s.registration = asap.Registration{Handle: e.handle, Element: wire.PoolElement{
		ID: e.id, Life: life, UserTransport: s.user, Policy: p,
	}}
	return &s.registration, answer{asap.TypeRegistrationResponse, e.handle, e.id}
}

func (s *space) deregister(e element) (asap.Message, answer) {
	s.deregistration = asap.Deregistration{Handle: e.handle, ID: e.id}
	return &s.deregistration, answer{asap.TypeDeregistrationResponse, e.handle, e.id}
}

// reregister registers one of them again.
func (s *space) reregister() (asap.Message, answer) {
	return s.register(s.elements[s.chance.IntN(len(s.elements))])
}

// resolve asks for one of the pools.
func (s *space) resolve() (asap.Message, answer) {
	handle := s.handles[s.chance.IntN(len(s.handles))]
	s.resolution = asap.HandleResolution{Handle: handle, Items: s.options.Items}
	return &s.resolution, answer{asap.TypeHandleResolutionResponse, handle, 0}
}

// userTransport is where the elements of an association serve: at its own address,
// which registrars check. One of the loopback is taken only where there is no other,
// RSPLIB refuses it.
func userTransport(a transport.Association) wire.Transport {
	local := a.Local()
	at := local[0]
	for _, ap := range local {
		if at.Addr().IsLoopback() && !ap.Addr().IsLoopback() {
			at = ap
		}
	}
	return wire.Transport{Type: wire.TypeSCTPTransport, Port: at.Port(), Addresses: []netip.Addr{at.Addr().Unmap()}}
}
