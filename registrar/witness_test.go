package registrar_test

import (
	"testing"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// witness sees all events and effects of a registrar and fails where an effect is
// none that a driver could perform: what is sent can be read, goes over an association
// that is up and says who sends it; each dial is a new one to a place that there is;
// each question is answered once. What the feed is told makes a sound replica.
type witness struct {
	t    testing.TB
	b    *bench
	id   wire.ServerID
	up   map[registrar.AssociationID]registrar.Protocol
	dial registrar.DialID
	// asked is how often each request waits for an answer.
	asked   map[uint64]int
	replica *replica.Replica
}

func newWitness(b *bench) *witness {
	return &witness{
		t: b.t, b: b, id: b.r.ID(), up: make(map[registrar.AssociationID]registrar.Protocol),
		asked: make(map[uint64]int), replica: replica.New(),
	}
}

// before hears of what is going to happen.
func (w *witness) before(ev registrar.Event) {
	switch ev := ev.(type) {
	case registrar.AssociationUp:
		w.up[ev.Association] = ev.Protocol
	case registrar.AssociationDown:
		delete(w.up, ev.Association)
	case registrar.Deregister:
		w.asked[ev.Request]++
	case registrar.EndHold:
		w.asked[ev.Request]++
	case registrar.ProbePeer:
		w.asked[ev.Request]++
	case registrar.ResyncPeer:
		w.asked[ev.Request]++
	case registrar.ProbeElement:
		w.asked[ev.Request]++
	case registrar.SelectElements:
		w.asked[ev.Request]++
	case registrar.Reconfigure:
		w.asked[ev.Request]++
	}
}

func (w *witness) after(ev registrar.Event, effects []registrar.Effect) {
	w.t.Helper()
	for _, e := range effects {
		switch e := e.(type) {
		case registrar.Send:
			if p, ok := w.up[e.Association]; !ok || p != e.Protocol {
				w.t.Fatalf("after %+v: sends %x as %v over association %d, which is up: %v", ev, e.Data, e.Protocol, e.Association, ok)
			}
			w.reads(e.Protocol, e.Data)
		case registrar.Announce:
			w.reads(e.Protocol, e.Data)
		case registrar.Dial:
			if e.ID <= w.dial || e.To.Port == 0 || len(e.To.Addrs) == 0 || !e.To.Addrs[0].IsValid() {
				w.t.Fatalf("after %+v: %+v, want a dial later than %d to a place", ev, e, w.dial)
			}
			w.dial = e.ID
		case registrar.Disconnect:
			if _, ok := w.up[e.Association]; !ok {
				w.t.Fatalf("after %+v: ends association %d, which is down", ev, e.Association)
			} // until AssociationDown comes it may still be answered, in vain
		case registrar.Changed:
			w.tells(e.Message)
		case registrar.Noted:
			w.tells(e.Event)
		case registrar.Deregistered:
			w.answers(e.Request)
		case registrar.HoldEnded:
			w.answers(e.Request)
		case registrar.Answered:
			w.answers(e.Request)
		case registrar.Selected:
			w.answers(e.Request)
		case registrar.Reconfigured:
			w.answers(e.Request)
		default:
			w.t.Fatalf("after %+v: effect %T, of which this test knows nothing", ev, e)
		}
	}
	if at, ok := w.b.r.Deadline(); ok && ev == (registrar.Tick{}) && !at.After(w.b.now) {
		w.t.Fatalf("after a Tick at %v something is still due at %v", w.b.now, at)
	}
}

func (w *witness) reads(p registrar.Protocol, data []byte) {
	w.t.Helper()
	if len(data) > wire.MaxMessage+3 || len(data)%4 != 0 {
		w.t.Fatalf("sends %d bytes", len(data))
	}
	if p == registrar.ASAP {
		if d, err := asap.Parse(data); err != nil || len(d.Unknown) > 0 {
			w.t.Fatalf("sends %x of ASAP: %v, unknown %v", data, err, d.Unknown)
		}
		return
	}
	d, err := enrp.Parse(data)
	if err != nil || len(d.Unknown) > 0 || d.Sender != w.id {
		w.t.Fatalf("sends %x of ENRP: %v, unknown %v, from %v", data, err, d.Unknown, d.Sender)
	}
}

func (w *witness) tells(m feed.Message) {
	w.t.Helper()
	b, err := feed.Append(nil, m)
	if err == nil {
		_, err = feed.Parse(b)
	}
	if err != nil {
		w.t.Fatalf("tells the feed %+v: %v", m, err)
	}
	w.replica.Apply(m)
	if err := w.replica.Verify(); err != nil {
		w.t.Fatalf("after the feed was told %+v: %v", m, err)
	}
}

func (w *witness) answers(request uint64) {
	w.t.Helper()
	if w.asked[request]--; w.asked[request] < 0 {
		w.t.Fatalf("answers request %d more often than it was asked", request)
	}
}

// end is when the script is over: the replica has what the registrar has.
func (w *witness) end() {
	w.t.Helper()
	if list := w.replica.Disagrees(); len(list) > 0 {
		w.t.Fatalf("the replica does not have what the registrar has of %v", list)
	}
}
