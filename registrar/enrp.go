package registrar

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// receiveENRP takes one message of another registrar.
func (r *Registrar) receiveENRP(a *association, data []byte) {
	d, err := r.enrp.Decode(data)
	class := wire.ClassOf(err)
	switch why := r.mayNotSpeakAs(a, d.Sender); {
	case class == wire.Malformed:
		r.discarded(a, DiscardMalformed, err.Error())
		return
	case why != "":
		r.tally.Discarded[ENRP][DiscardForbidden]++
		r.expel(a, why, d.Sender)
		return
	case d.Sender == 0 || d.Sender == r.id:
		if m, ok := d.Message.(*enrp.Error); ok && d.Sender == r.id && len(a.peers) > 0 {
			// RSPLIB copies the sender of what it complains about.
			r.complain(feed.Event{Name: "peer.error", Server: a.peers[0].id, Text: errorText(m)})
			return
		}
		r.discarded(a, DiscardMisaddressed, "sender ID "+d.Sender.String()+" is none of a peer")
		return
	case d.Receiver != 0 && d.Receiver != r.id:
		r.discarded(a, DiscardMisaddressed, "receiver ID "+d.Receiver.String()+" is not "+r.id.String())
		return
	}
	r.speaker.server = d.Sender
	r.counters.ENRPIn++
	p := r.hear(d.Sender, a, class == wire.OK)
	if reply := d.Reply(r.id); reply != nil {
		r.send(a, reply)
	}
	if class != wire.OK || p == nil {
		if err != nil {
			r.discarded(a, reasonOf(class), err.Error())
		} else { // one that there is no room for, which is noted
			r.tally.Discarded[ENRP][DiscardLimit]++
		}
		return
	}
	switch m := d.Message.(type) {
	case *enrp.Presence:
		r.counters.PresencesIn++
		r.presenceReceived(p, a, *m)
	case *enrp.HandleTableRequest:
		r.tableRequest(p, a, *m)
	case *enrp.HandleTableResponse:
		r.tableResponse(p, *m)
	case *enrp.HandleUpdate:
		r.counters.UpdatesIn++
		r.handleUpdate(p, m)
	case *enrp.ListRequest:
		r.listRequest(p, a)
	case *enrp.ListResponse:
		r.listResponse(p, a, *m)
	case *enrp.InitTakeover:
		r.initTakeover(p, a, *m)
	case *enrp.InitTakeoverAck:
		r.initTakeoverAck(p, a, *m)
	case *enrp.TakeoverServer:
		r.takeoverServer(p, *m)
	case *enrp.Hold:
		r.holdReceived(p, a, *m)
	case *enrp.HoldAck:
		r.holdAckReceived(p, a, *m)
	case *enrp.Error:
		r.complain(feed.Event{Name: "peer.error", Server: p.id, Text: errorText(m)})
	}
}

func errorText(m *enrp.Error) string { return "ENRP_ERROR received: " + causeText(m.Causes) }

// sendENRP sends a message over the given association.
func (r *Registrar) sendENRP(a *association, m enrp.Message) {
	data, err := enrp.Append(nil, m)
	if err != nil {
		r.discarded(a, DiscardUnsent, "ENRP "+m.Type().String()+" not sent: "+err.Error())
		return
	}
	r.send(a, data)
}

// to gives the IDs of a message to one registrar, 0 being everybody.
func (r *Registrar) to(id wire.ServerID) enrp.IDs { return enrp.IDs{Sender: r.id, Receiver: id} }
