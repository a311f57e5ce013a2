package view

import (
	"net/netip"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// The registrars of the tests.
const (
	self  wire.ServerID = 0x9c41e07d
	peer1 wire.ServerID = 0x3c5d9e10
	peer2 wire.ServerID = 0x77aa0001
	peer3 wire.ServerID = 0xb2e40417
)

// scope builds replicas by the messages that a registrar would send.
type scope struct {
	*replica.Replica
	sums map[wire.ServerID]*enrp.Sum
	now  time.Time
}

func newScope() *scope {
	s := &scope{replica.New(), map[wire.ServerID]*enrp.Sum{}, at(7)}
	s.Apply(feed.Hello{Schema: feed.Schema, Registrar: self, Epoch: 1, Started: feed.At(at(-41)), Now: feed.At(s.now), Version: "v1.2.3", Dialect: "rfc", Transport: "udp"})
	s.Apply(feed.RegistrarState{Phase: feed.Serving, Information: server(self, "192.0.2.1")})
	s.Apply(feed.Sequence{Number: 1, Now: feed.At(s.now)})
	return s
}

func server(id wire.ServerID, addr string) wire.ServerInformation {
	return wire.ServerInformation{ID: id, Transport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 9901, Addresses: []netip.Addr{netip.MustParseAddr(addr)}}}
}

// element registers an element and counts it into its home's checksum.
func (s *scope) element(h wire.PoolHandle, id wire.PEIdentifier, home wire.ServerID, p wire.Policy, health feed.Health) {
	if _, there := s.Element(h, id); !there {
		s.sum(home).Add(h, id)
	}
	s.Apply(enrp.HandleUpdate{Action: enrp.AddPE, Handle: h, Element: wire.PoolElement{
		ID: id, HomeServer: home, Life: 300, Policy: p,
		UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(id)})}},
	}})
	s.Apply(feed.ElementState{Handle: h, ID: id, Expires: feed.At(s.now.Add(4*time.Minute + 12*time.Second)), Health: health, Reports: uint16(health) * 2})
	s.Apply(feed.Event{At: feed.At(s.now.Add(-9 * time.Second)), Name: "element.registered", Handle: h, Element: id, Server: home})
	s.compute(home)
}

func (s *scope) remove(h wire.PoolHandle, id wire.PEIdentifier) {
	e, _ := s.Element(h, id)
	s.sum(e.HomeServer).Remove(h, id)
	s.Apply(enrp.HandleUpdate{Action: enrp.DelPE, Handle: h, Element: e.PoolElement})
	s.compute(e.HomeServer)
}

// peer tells of a peer; off is how far its checksum is beside the truth.
func (s *scope) peer(id wire.ServerID, state feed.LinkState, off wire.Checksum) {
	s.Apply(feed.PeerState{
		Peer: id, State: state, Heard: feed.At(s.now.Add(-4 * time.Second)),
		HasTold: state != feed.Discovered, Told: s.sum(id).Checksum() + off, Matched: off == 0, Information: server(id, "192.0.2.2"),
	})
}

func (s *scope) sum(home wire.ServerID) *enrp.Sum {
	if s.sums[home] == nil {
		s.sums[home] = &enrp.Sum{}
	}
	return s.sums[home]
}

func (s *scope) compute(home wire.ServerID) {
	s.Apply(enrp.Presence{IDs: enrp.IDs{Sender: home}, HasChecksum: true, Checksum: s.sum(home).Checksum()})
}

func weight(n uint32) wire.Policy { return wire.Policy{Type: wire.WeightedRoundRobin, Weight: n} }

// sample is a scope with something to see on every page.
func sample() *scope {
	s := newScope()
	s.element("EchoPool", 1, self, weight(8), feed.Up)
	s.element("EchoPool", 2, peer1, weight(4), feed.Unanswered)
	s.element("EchoPool", 3, self, weight(2), feed.Up)
	s.element("CalcAppPool", 4, peer2, wire.Policy{Type: wire.LeastUsed, Load: 0xffffffff}, feed.Up)
	s.element("CalcAppPool", 5, peer2, wire.Policy{Type: wire.LeastUsed, Load: 0x7fffffff}, feed.Up)
	s.element("\x00\xff", 6, self, wire.Policy{Type: wire.Random}, feed.Expired)
	s.peer(peer1, feed.Active, 5)
	s.peer(peer2, feed.Active, 0)
	s.peer(peer3, feed.Dead, 0)
	return s
}
