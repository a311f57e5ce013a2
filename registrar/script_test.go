package registrar_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// What happens in a script, with the argument that says to whom or how.
const (
	opUpASAP byte = iota
	opUpENRP
	opDown
	opDialFails
	opDialSucceeds
	opTime
	opDeregister
	opReceive
	opReceiveAgain // more of what is found by chance should be messages
	opHeard
	opEndHold
	opAskPeer
	opAskElement
	opSelect
	opDeadline
	opStop
	opReconfigure
	ops
)

// run plays a script on a registrar and gives all its effects as text. One byte
// is what happens, one to whom; a message has two bytes of length. Each step is held
// to what a witness has seen.
func run(t testing.TB, cfg registrar.Config, script []byte) string {
	b := idle(t, cfg)
	w := newWitness(b)
	var log bytes.Buffer
	step := func(ev registrar.Event) {
		w.before(ev)
		effects := b.step(ev)
		w.after(ev, effects)
		for _, e := range effects {
			fmt.Fprintf(&log, "%T%+v\n", e, e)
		}
	}
	step(registrar.Start{})
	for len(script) >= 2 {
		op, arg := script[0]%ops, script[1]
		script = script[2:]
		var data []byte
		if op == opReceive || op == opReceiveAgain || op == opHeard {
			if len(script) < 2 {
				break
			}
			n := min(int(script[0])<<8|int(script[1]), len(script)-2)
			data, script = script[2:2+n], script[2+n:]
		}
		if ev := happens(b, op, arg, data); ev != nil {
			step(ev)
		}
	}
	w.end()
	return log.String()
}

// happens is what a line of a script says, nil where there is nothing to happen to.
func happens(b *bench, op, arg byte, data []byte) registrar.Event {
	a := registrar.AssociationID(arg%8 + 1)
	request := uint64(b.next)<<8 | uint64(arg)
	id, handle := wire.PEIdentifier(arg%4), wire.PoolHandle("echo")
	if arg&64 != 0 {
		handle = "web"
	}
	switch op {
	case opUpASAP, opUpENRP:
		b.next++
		p := registrar.Protocol(op)
		return registrar.AssociationUp{
			Association: b.next, Protocol: p, Remote: at(arg%4+11, 40011), Stream: p == registrar.ASAP && arg%64 >= 48, Credential: someone(p, arg),
		}
	case opDown:
		return registrar.AssociationDown{Association: a, Reason: "fuzz"}
	case opDialFails, opDialSucceeds:
		if len(b.dials) == 0 {
			return nil
		}
		d := b.dials[0]
		b.dials = b.dials[1:]
		if op == opDialFails {
			return registrar.DialFailed{Dial: d.ID, Reason: "fuzz", Exists: d.ID%2 == 0}
		}
		b.next++
		return registrar.AssociationUp{Association: b.next, Protocol: d.Protocol, Remote: d.To, Dial: d.ID, Credential: someone(d.Protocol, arg)}
	case opTime:
		b.now = b.now.Add(time.Duration(arg) * time.Second)
		return registrar.Tick{}
	case opDeadline:
		if at, ok := b.r.Deadline(); ok && at.After(b.now) {
			b.now = at
		}
		return registrar.Tick{}
	case opDeregister:
		return registrar.Deregister{
			Request: request, Handle: handle, ID: id, Hold: time.Duration(arg/128) * time.Minute, Confirmed: arg&32 != 0, Reason: "fuzz", By: "operator",
		}
	case opReceive, opReceiveAgain:
		return registrar.Received{Association: a, Data: data}
	case opHeard:
		return registrar.Heard{From: netip.AddrPortFrom(at(arg%4+11, 0).Addrs[0], 9901), Data: data}
	case opEndHold:
		return registrar.EndHold{Request: request, ID: enrp.HoldID(arg%4) + 1, By: "operator"}
	case opAskPeer:
		peer := []wire.ServerID{0x60, 0x70, 0x80, self}[arg%4]
		if arg >= 128 {
			return registrar.ResyncPeer{Request: request, Peer: peer}
		}
		return registrar.ProbePeer{Request: request, Peer: peer}
	case opAskElement:
		return registrar.ProbeElement{Request: request, Handle: handle, ID: id}
	case opSelect:
		return registrar.SelectElements{Request: request, Handle: handle, Items: int(arg % 8)}
	case opStop:
		return registrar.Stop{Within: time.Duration(arg%4) * time.Second}
	default: // the bits of the argument say who is configured
		ev := registrar.Reconfigure{Request: request, Protected: []wire.PoolHandle{"echo"}[:arg>>7]}
		for host := range byte(4) {
			if arg>>host&1 == 1 {
				ev.Peers = append(ev.Peers, at(host+11, 40011))
			}
		}
		return ev
	}
}

// someone is who may be at the other end of an association, the right one at 0.
func someone(p registrar.Protocol, arg byte) registrar.Credential {
	list := []registrar.Credential{
		{Role: registrar.RoleElement, Name: "a", AnyPool: true},
		{Role: registrar.RoleElement, Name: "b", Pools: []wire.PoolHandle{"echo"}, Elements: []wire.PEIdentifier{1, 2}},
		{Role: registrar.RoleUser, Name: "u"},
		{Role: registrar.RoleAnonymous},
		{},
	}
	if p == registrar.ENRP {
		for i, id := range []wire.ServerID{0x60, 0x70, 0x80, self} {
			list[i] = registrar.Credential{Role: registrar.RoleRegistrar, Name: "r", Server: id}
		}
	}
	return list[int(arg/4)%len(list)]
}
