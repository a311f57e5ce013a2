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
func (r *Replica) Snapshot(limit int) (frames [][]byte) {
	s := r.Begin(limit)
	for {
		frame, more := s.Next(nil)
		if !more {
			for _, m := range r.Checksums() {
				s.frames.add(m)
			}
			frames = append(frames, s.frames.done...)
			return append(frames, ended(s.frames.open, r.sequence))
		}
		frames = append(frames, frame)
	}
}

// Checksums are the PRESENCEs with the registrar's checksums, by home.
func (r *Replica) Checksums() (list []enrp.Presence) {
	r.computed.Scan(func(id wire.ServerID, c *wire.Checksum) bool {
		list = append(list, enrp.Presence{IDs: enrp.IDs{Sender: id}, Checksum: *c, HasChecksum: true})
		return true
	})
	return list
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

// addTable adds what fits into one message of the elements behind a position, and
// gives the place behind them; more is false behind the last one.
func (r *Replica) addTable(s *frames, after handlespace.Position, skip func(Ref) bool) (last handlespace.Entry, more bool) {
	part := enrp.HandleTableResponse{IDs: enrp.IDs{Sender: r.Self()}}
	room := s.room()
	for e := range r.space.Table(after, 0) {
		handle, size := e.Handle(), e.Size()
		n := len(part.Pools) - 1
		if n >= 0 && handleLen(handle)+size > room {
			part.More = true
			break
		}
		last = e
		if skip != nil && skip(e.Ref()) {
			continue
		}
		if n < 0 || part.Pools[n].Handle != handle {
			part.Pools = append(part.Pools, enrp.Pool{Handle: handle})
			room -= handleLen(handle)
			n++
		}
		part.Pools[n].Elements = append(part.Pools[n].Elements, e.PoolElement())
		room -= size
	}
	s.add(part)
	return last, part.More
}

// addStates adds the states of elements behind a position until a frame is full.
func (r *Replica) addStates(s *frames, after handlespace.Position) (last handlespace.Entry, more bool) {
	for e := range r.space.Table(after, 0) {
		if len(s.done) > 0 {
			return last, true
		}
		last = e
		if state, ok := r.states.of(e); ok {
			s.add(state)
		}
	}
	return last, false
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
		f.done = append(f.done, ended(b[:start], feed.Sequence{}))
		b = append([]byte(nil), b[start:]...)
	}
	f.open = b
}

// ended gives the frame with its Sequence, which always fits into a message. It is
// copied because what is behind it in the buffer still counts.
func ended(frame []byte, s feed.Sequence) []byte {
	b, _ := feed.Append(append(make([]byte, 0, len(frame)+sequenceLen), frame...), s)
	return b
}
