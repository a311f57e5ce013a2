package replica

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// Snapshot gives the frames that bring another replica to this state: Hello,
// LIST_RESPONSE, HANDLE_TABLE_RESPONSE (M until the last), states, events, counters, and
// the PRESENCEs with the registrar's checksums. No frame is longer than limit
// bytes unless one message alone is. The last frame ends with this replica's
// Sequence, those before it with the zero Sequence: the state is not complete.
func (r *Replica) Snapshot(limit int) [][]byte {
	s := &frames{limit: limit}
	s.add(r.hello)
	r.addServers(s)
	r.addTable(s)
	s.add(r.state)
	r.peers.Scan(func(_ wire.ServerID, m *feed.PeerState) bool {
		s.add(*m) // where it is stands in LIST_RESPONSE
		return true
	})
	r.addElementStates(s)
	for i := range r.events.list {
		s.add(r.events.at(i))
	}
	for _, t := range r.takeovers.list {
		for _, step := range t.Steps {
			s.add(step)
		}
	}
	for _, c := range r.samples.list {
		s.add(c)
	}
	r.addHolds(s)
	r.computed.Scan(func(id wire.ServerID, c *wire.Checksum) bool {
		s.add(enrp.Presence{IDs: enrp.IDs{Sender: id}, Checksum: *c, HasChecksum: true})
		return true
	})
	return s.end(r.sequence)
}

func (r *Replica) addServers(s *frames) {
	list := enrp.ListResponse{IDs: enrp.IDs{Sender: r.Self()}}
	room := s.room()
	r.servers.Scan(func(_ wire.ServerID, info *wire.ServerInformation) bool {
		size := serverLen(*info)
		if size > room && len(list.Servers) > 0 {
			s.add(list)
			list.Servers, room = nil, s.room()
		}
		list.Servers = append(list.Servers, *info)
		room -= size
		return true
	})
	s.add(list)
}

func (r *Replica) addTable(s *frames) {
	part := enrp.HandleTableResponse{IDs: enrp.IDs{Sender: r.Self()}, More: true}
	room := s.room()
	for e := range r.space.Table(handlespace.Position{}, 0) {
		handle, size := e.Handle(), e.Size()
		last := len(part.Pools) - 1
		if last >= 0 && handleLen(handle)+size > room {
			s.add(part)
			part.Pools, room, last = nil, s.room(), -1
		}
		if last < 0 || part.Pools[last].Handle != handle {
			part.Pools = append(part.Pools, enrp.Pool{Handle: handle})
			room -= handleLen(handle)
			last++
		}
		part.Pools[last].Elements = append(part.Pools[last].Elements, e.PoolElement())
		room -= size
	}
	part.More = false
	s.add(part)
}

func (r *Replica) addElementStates(s *frames) {
	for e := range r.space.Table(handlespace.Position{}, 0) {
		if state, ok := r.pools[e.Handle()].states[e.ID()]; ok {
			s.add(state)
		}
	}
}

const (
	// parameterLen is the header of a parameter, messageLen what comes before
	// the parameters of a list or table message, sequenceLen a whole Sequence.
	parameterLen = 4
	messageLen   = 12
	sequenceLen  = 20
)

func handleLen(h wire.PoolHandle) int { return wire.Padded(parameterLen + len(h)) }

func serverLen(s wire.ServerInformation) int {
	return wire.Padded(parameterLen + 4 + len(s.Transport.TLV()))
}

// frames packs messages into frames that leave room for their Sequence.
type frames struct {
	limit int
	done  [][]byte
	open  []byte
}

// room is how many bytes of parameters one message of a fresh frame can have.
func (f *frames) room() int {
	return min(f.limit-sequenceLen, wire.MaxMessage) - messageLen
}

func (f *frames) add(m feed.Message) {
	start := len(f.open)
	b, err := feed.Append(f.open, m)
	if err != nil {
		return // longer than any message: no frame brought it here
	}
	if len(b) > f.limit-sequenceLen && start > 0 {
		f.close(b[:start], feed.Sequence{})
		b = append([]byte(nil), b[start:]...)
	}
	f.open = b
}

func (f *frames) end(s feed.Sequence) [][]byte {
	f.close(f.open, s)
	return f.done
}

func (f *frames) close(frame []byte, s feed.Sequence) {
	// A Sequence always fits into a message. The frame is copied because what is
	// behind it in the buffer still counts.
	b, _ := feed.Append(append(make([]byte, 0, len(frame)+sequenceLen), frame...), s)
	f.done = append(f.done, b)
}
