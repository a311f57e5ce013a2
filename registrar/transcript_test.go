//go:build !js

package registrar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// TestTranscripts plays testdata/transcripts: what happens to a registrar with
// ID 0x50, and everything it does. Run with -rewrite to write the answers anew,
// then read the difference.
//
//	start [peers=(HOST,...)]      dial-ok N | dial-failed N
//	element HOST                  opens association 1, 2, ... in order
//	peer HOST id=ID [sum=SUM]     the same for a registrar, which sends a PRESENCE
//	down A                        register A POOL ID | deregister A POOL ID
//	ack A POOL ID                 report A POOL ID | resolve A POOL
//	presence A id=ID [sum=SUM]    add|del A POOL ID home=ID
//	operator POOL ID              advance D | stop
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		var b *bench
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "start" {
				cfg := config(self, 1)
				var hosts []int
				for _, arg := range d.CmdArgs {
					for i := range arg.Vals {
						var h int
						arg.Scan(t, i, &h)
						hosts = append(hosts, h)
					}
				}
				for _, h := range hosts {
					cfg.Peers = append(cfg.Peers, at(byte(h), 9901))
				}
				b = idle(t, cfg)
			}
			b.t = t
			return play(b, d)
		})
	})
}

// play performs one command and prints the effects.
func play(b *bench, d *datadriven.TestData) string {
	var out strings.Builder
	step := func(ev registrar.Event) {
		for _, e := range b.step(ev) {
			show(&out, e)
		}
	}
	send := func(a int, data []byte, err error) {
		if err != nil {
			b.t.Fatal(err)
		}
		step(registrar.Received{Association: registrar.AssociationID(a), Data: data})
	}
	word := func(i int) string { return d.CmdArgs[i].Key }
	number := func(i int) int {
		var n int
		if _, err := fmt.Sscan(word(i), &n); err != nil {
			d.Fatalf(b.t, "argument %d: %v", i, err)
		}
		return n
	}
	named := func(name string, or uint32) uint32 {
		for _, arg := range d.CmdArgs {
			if arg.Key == name {
				n, err := wire.ParseID(arg.Vals[0])
				if err != nil {
					d.Fatalf(b.t, "%s: %v", name, err)
				}
				return n
			}
		}
		return or
	}
	toASAP := func(m asap.Message) { data, err := asap.Append(nil, m); send(number(0), data, err) }
	toENRP := func(a int, m enrp.Message) { data, err := enrp.Append(nil, m); send(a, data, err) }
	up := func(p registrar.Protocol, remote registrar.Endpoint, dial registrar.DialID) {
		b.next++
		step(registrar.AssociationUp{Association: b.next, Protocol: p, Remote: remote, Dial: dial})
	}
	presenceOf := func() enrp.Presence {
		return enrp.Presence{IDs: ids(wire.ServerID(named("id", 0)), 0), Checksum: wire.Checksum(named("sum", 0xffff)), HasChecksum: true} //nolint:gosec // test data
	}
	switch d.Cmd {
	case "start":
		step(registrar.Start{})
	case "stop":
		step(registrar.Stop{})
	case "dial-ok":
		dial := b.dials[number(0)-1]
		up(dial.Protocol, dial.To, dial.ID)
	case "dial-failed":
		step(registrar.DialFailed{Dial: b.dials[number(0)-1].ID, Reason: "refused"})
	case "element":
		up(registrar.ASAP, at(byte(number(0)), 40000+uint16(number(0))), 0)
	case "peer":
		up(registrar.ENRP, at(byte(number(0)), 9901), 0)
		toENRP(int(b.next), presenceOf())
	case "down":
		step(registrar.AssociationDown{Association: registrar.AssociationID(number(0)), Reason: "lost"})
	case "presence":
		toENRP(number(0), presenceOf())
	case "register":
		toASAP(asap.Registration{Handle: wire.PoolHandle(word(1)), Element: pe(wire.PEIdentifier(number(2)), 11)})
	case "deregister":
		toASAP(asap.Deregistration{Handle: wire.PoolHandle(word(1)), ID: wire.PEIdentifier(number(2))})
	case "ack":
		toASAP(asap.EndpointKeepAliveAck{Handle: wire.PoolHandle(word(1)), ID: wire.PEIdentifier(number(2))})
	case "report":
		toASAP(asap.EndpointUnreachable{Handle: wire.PoolHandle(word(1)), ID: wire.PEIdentifier(number(2))})
	case "resolve":
		toASAP(asap.HandleResolution{Handle: wire.PoolHandle(word(1))})
	case "add":
		toENRP(number(0), add(wire.ServerID(named("home", 0)), wire.PoolHandle(word(1)), pe(wire.PEIdentifier(number(2)), 11)))
	case "del":
		home := wire.ServerID(named("home", 0))
		toENRP(number(0), removal(home, home, wire.PoolHandle(word(1)), pe(wire.PEIdentifier(number(2)), 11)))
	case "operator":
		step(registrar.Deregister{Request: 1, Handle: wire.PoolHandle(word(0)), ID: wire.PEIdentifier(number(1))})
	case "advance":
		span, err := time.ParseDuration(word(0))
		if err != nil {
			d.Fatalf(b.t, "%v", err)
		}
		for end := b.now.Add(span); ; {
			next, ok := b.r.Deadline()
			if !ok || next.After(end) {
				b.now = end
				break
			}
			b.now = next
			before := out.Len()
			step(registrar.Tick{})
			if out.Len() > before {
				text := out.String()
				out.Reset()
				fmt.Fprintf(&out, "%s%v:\n%s", text[:before], b.now.Sub(epoch), text[before:])
			}
		}
	default:
		d.Fatalf(b.t, "unknown command %q", d.Cmd)
	}
	if out.Len() == 0 {
		return "nothing"
	}
	return out.String()
}

func show(out *strings.Builder, e registrar.Effect) {
	switch e := e.(type) {
	case registrar.Send:
		fmt.Fprintf(out, "  send %d: %s\n", e.Association, summary(e))
	case registrar.Dial:
		fmt.Fprintf(out, "  dial %d: %v %v\n", e.ID, e.Protocol, e.To)
	case registrar.Disconnect:
		fmt.Fprintf(out, "  disconnect %d\n", e.Association)
	case registrar.Announce:
		fmt.Fprintf(out, "  announce\n")
	case registrar.Changed:
		if m, ok := e.Message.(feed.PeerState); ok {
			fmt.Fprintf(out, "  changed: peer %v %v\n", m.Peer, m.State)
			return
		}
		fmt.Fprintf(out, "  changed: %T\n", e.Message)
	case registrar.Noted:
		if e.Level > registrar.Debug {
			fmt.Fprintf(out, "  noted: %s: %s\n", e.Name, e.Text)
		}
	case registrar.Deregistered:
		fmt.Fprintf(out, "  deregistered: outcome %d, told %d of %d\n", e.Outcome, e.Told, e.Peers)
	}
}

func summary(e registrar.Send) string {
	if e.Protocol == registrar.ASAP {
		d, err := asap.Parse(e.Data)
		if err != nil {
			return err.Error()
		}
		switch m := d.Message.(type) {
		case asap.RegistrationResponse:
			return fmt.Sprintf("REGISTRATION_RESPONSE %s/%d reject %v %v", m.Handle, m.ID, m.Reject, codes(m.Causes))
		case asap.DeregistrationResponse:
			return fmt.Sprintf("DEREGISTRATION_RESPONSE %s/%d %v", m.Handle, m.ID, codes(m.Causes))
		case asap.HandleResolutionResponse:
			return fmt.Sprintf("HANDLE_RESOLUTION_RESPONSE %s %d elements %v", m.Handle, len(m.Elements), codes(m.Causes))
		case asap.EndpointKeepAlive:
			return fmt.Sprintf("ENDPOINT_KEEP_ALIVE %s home %v", m.Handle, m.Home)
		}
		return d.Message.Type().String()
	}
	d, err := enrp.Parse(e.Data)
	if err != nil {
		return err.Error()
	}
	to := fmt.Sprintf(" to %v", d.Receiver)
	switch m := d.Message.(type) {
	case enrp.Presence:
		return fmt.Sprintf("PRESENCE%s reply required %v, sum %v", to, m.ReplyRequired, m.Checksum)
	case enrp.HandleUpdate:
		return fmt.Sprintf("HANDLE_UPDATE%s action %d %s/%d home %v", to, m.Action, m.Handle, m.Element.ID, m.Element.HomeServer)
	case enrp.HandleTableRequest:
		return fmt.Sprintf("HANDLE_TABLE_REQUEST%s own only %v", to, m.OwnOnly)
	}
	return d.Message.Type().String() + to
}
