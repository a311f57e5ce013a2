package replica

import (
	"math/rand/v2"
	"strconv"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// Replica is the copy. Use New.
type Replica struct {
	hello    feed.Hello
	state    feed.RegistrarState
	sequence feed.Sequence
	synced   bool

	space  *handlespace.Handlespace
	pools  map[wire.PoolHandle]*tally
	states states
	// suspect is the number of elements whose health is feed.Unanswered, expired
	// that of those which are feed.Expired.
	suspect, expired int
	refused          int

	// Values below are replaced, never changed. Being pointers, they share one
	// instance of the map's code, which counts in the page's program.
	peers byServer[*feed.PeerState]
	// servers is where registrars are, whoever said it: PeerState or LIST_RESPONSE.
	servers byServer[*wire.ServerInformation]
	// computed are the registrar's own checksums, by home.
	computed byServer[*wire.Checksum]
	rhythms  byServer[*rhythm]

	events    events
	captured  captured
	takeovers takeovers
	samples   samples
	holds     holds
	dirty     dirty
}

// New returns an empty replica; its first message is to be a feed.Hello.
func New() *Replica {
	r := &Replica{space: handlespace.New(rand.NewPCG(0, 0)), pools: make(map[wire.PoolHandle]*tally)}
	r.dirty.all = true
	return r
}

// ApplyFrame reads a frame and applies its messages in order. It returns the
// number of the frame's last Sequence, which is what its sender is to hear, 0
// where it has none. After an error nothing of the frame has been applied, and
// the replica needs a new snapshot.
func (r *Replica) ApplyFrame(frame []byte) (seq uint64, err error) {
	list, err := feed.Parse(frame)
	if err != nil {
		return 0, err
	}
	for _, m := range list {
		r.Apply(m)
		if s, ok := m.(feed.Sequence); ok {
			seq = s.Number
		}
	}
	return seq, nil
}

// Apply applies one message. Messages that say nothing about the registrar's
// state are passed over.
func (r *Replica) Apply(m feed.Message) {
	switch m := m.(type) {
	case feed.Hello:
		captured := r.captured
		if m.Registrar != r.hello.Registrar || m.Epoch != r.hello.Epoch {
			captured.list, captured.bytes, captured.missed = nil, 0, 0
		}
		*r = *New()
		r.hello, r.captured = m, captured
	case feed.Sequence:
		if m != (feed.Sequence{}) {
			r.sequence, r.synced = m, true
		}
	case feed.RegistrarState:
		r.state = m
		r.dirty.own = true
	case feed.Event:
		r.events.add(m)
		r.spoke(m.Server)
		r.dirty.events = true
	case feed.TakeoverStep:
		r.takeovers.add(m)
		r.dirty.peers = true
	case feed.Counters:
		r.samples.add(m)
		r.dirty.counters = true
	case feed.Hold:
		r.applyHold(m)
	case feed.Protected:
		r.applyProtected(m)
	case feed.Captured:
		r.captured.add(m)
		r.dirty.captured = true
	case feed.ElementState:
		r.applyElementState(m)
	case feed.PeerState:
		r.applyPeerState(m)
	case enrp.HandleUpdate:
		if m.Action == enrp.DelPE {
			r.remove(m.Handle, m.Element.ID)
		} else {
			r.put(m.Handle, m.Element)
		}
	case enrp.HandleTableResponse:
		for _, p := range m.Pools {
			for _, e := range p.Elements {
				r.put(p.Handle, e)
			}
		}
	case enrp.ListResponse:
		for _, s := range m.Servers {
			r.servers.Set(s.ID, &s)
		}
		r.dirty.peers = true
	case enrp.Presence:
		r.applyPresence(m)
	}
}

// Hello is the message that the replica started with.
func (r *Replica) Hello() feed.Hello { return r.hello }

// Self is the registrar whose handlespace this is, 0 before its Hello.
func (r *Replica) Self() wire.ServerID { return r.hello.Registrar }

// State is what the registrar said of itself last.
func (r *Replica) State() feed.RegistrarState { return r.state }

// Sequence is the last one that ended a complete state.
func (r *Replica) Sequence() feed.Sequence { return r.sequence }

// Position is how far the feed was applied, as its server wants to hear it of a
// client that comes back: "EPOCH.SEQUENCE".
func (r *Replica) Position() string {
	return strconv.FormatUint(r.hello.Epoch, 10) + "." + strconv.FormatUint(r.sequence.Number, 10)
}

// Synced reports whether a snapshot has been applied to its end.
func (r *Replica) Synced() bool { return r.synced }

// Counts are totals.
type Counts struct {
	Pools, Elements int
	// Owned elements have this registrar as their home, Suspect ones were
	// reported or owe it an answer, Expired ones are a peer's past their life.
	Owned, Suspect, Expired int
	Peers                   int
	// Refused counts the elements kept out because they contradicted their pool
	// (RFC 5352 section 3.1).
	Refused int
}

// Counts gives the totals.
func (r *Replica) Counts() Counts {
	return Counts{
		Pools: r.space.PoolCount(), Elements: r.space.Len(),
		Owned: r.space.Count(r.Self()), Suspect: r.suspect, Expired: r.expired,
		Peers: r.peers.Len(), Refused: r.refused,
	}
}
