//go:build !js

package registrar_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// line is one command of a transcript, with its arguments.
type line struct {
	*datadriven.TestData
	t *testing.T
}

func (l line) must(err error) {
	if err != nil {
		l.Fatalf(l.t, "%s: %v", l.Cmd, err)
	}
}

// word is the argument at a place.
func (l line) word(i int) string {
	if i >= len(l.CmdArgs) {
		l.Fatalf(l.t, "%s has no argument %d", l.Cmd, i+1)
	}
	return l.CmdArgs[i].Key
}

// others are all arguments without a value but the first and those named.
func (l line) others(flags ...string) (list []string) {
	for _, arg := range l.CmdArgs[1:] {
		if arg.Vals == nil && !slices.Contains(flags, arg.Key) {
			list = append(list, arg.Key)
		}
	}
	return list
}

func (l line) has(flag string) bool {
	return slices.ContainsFunc(l.CmdArgs, func(arg datadriven.CmdArg) bool { return arg.Key == flag })
}

// values are those of an argument like name=value or name=(value,value).
func (l line) values(name string) []string {
	for _, arg := range l.CmdArgs {
		if arg.Key == name {
			return arg.Vals
		}
	}
	return nil
}

func (l line) number(name string, or uint32) uint32 {
	for _, text := range l.values(name) {
		n, err := wire.ParseID(text)
		l.must(err)
		return n
	}
	return or
}

func isRegistrar(end string) bool { return strings.HasPrefix(end, "0x") }

// host is the last byte of the address of somebody.
func (l line) host(end string) byte {
	n, err := strconv.ParseUint(strings.TrimPrefix(end, "0x"), 10, 8)
	l.must(err)
	return byte(n)
}

// credential is what an end proves, or whoever as= says.
func (l line) credential(end string) registrar.Credential {
	for _, other := range l.values("as") {
		end = other
	}
	switch {
	case end == "nothing":
		return registrar.Credential{}
	case end == "anonymous":
		return anonymous
	case end == "99":
		return someUser
	case isRegistrar(end):
		return registrar.Credential{Role: registrar.RoleRegistrar, Server: l.server(end)}
	}
	return registrar.Credential{Role: registrar.RoleElement, Name: end, Pools: []wire.PoolHandle{"echo"}}
}

func (l line) server(end string) wire.ServerID {
	id, err := wire.ParseID(end)
	l.must(err)
	return wire.ServerID(id)
}

// pool is the second argument.
func (l line) pool() wire.PoolHandle { return wire.PoolHandle(l.word(1)) }

// member is an element that a registrar speaks of: echo/11, or echo/11@0x70.
func (l line) member(text string, home wire.ServerID) (wire.PoolHandle, wire.PoolElement) {
	text, other, elsewhere := strings.Cut(text, "@")
	if elsewhere {
		home = l.server(other)
	}
	handle, number, _ := strings.Cut(text, "/")
	return wire.PoolHandle(handle), of(home, l.element(wire.PEIdentifier(l.host(number)), l.host(number)))
}

// element has the attributes that the command gives.
func (l line) element(id wire.PEIdentifier, host byte) wire.PoolElement {
	e := pe(id, host, life(wire.RegistrationLife(l.number("life", 300)))) //nolint:gosec // test data
	e.UserTransport.Port = uint16(l.number("port", 7))                    //nolint:gosec // test data
	if w := l.number("weight", 0); w > 0 {
		e.Policy = wire.Policy{Type: wire.WeightedRoundRobin, Weight: w}
	}
	return e
}

// nameOf is the name of whom a dial is to.
func nameOf(d registrar.Dial) string {
	host := d.To.Addrs[0].As4()[3]
	if d.Protocol == registrar.ENRP {
		return fmt.Sprintf("0x%d", host)
	}
	return strconv.Itoa(int(host))
}

// show writes an effect down.
func (s *script) show(e registrar.Effect) {
	switch e := e.(type) {
	case registrar.Send:
		fmt.Fprintf(&s.out, "  to %s: %s\n", s.names[e.Association], messageText(e))
	case registrar.Dial:
		fmt.Fprintf(&s.out, "  dial %s: %v %v\n", nameOf(e), e.Protocol, e.To)
	case registrar.Disconnect:
		fmt.Fprintf(&s.out, "  disconnect %s\n", s.names[e.Association])
	case registrar.Announce:
		fmt.Fprintf(&s.out, "  announce\n")
	case registrar.Changed:
		if s.feed {
			fmt.Fprintf(&s.out, "  feed: %s\n", feedText(e.Message))
		}
	case registrar.Noted:
		if e.Text != "" {
			fmt.Fprintf(&s.out, "  %s\n", noteText(e))
		}
	case registrar.Answered:
		fmt.Fprintf(&s.out, "  outcome %d after %v: %s\n", e.Outcome, e.After, e.Text)
	case registrar.Reconfigured:
		if e.Err != nil {
			fmt.Fprintf(&s.out, "  not reconfigured: %v\n", e.Err)
		}
	case registrar.Deregistered:
		fmt.Fprintf(&s.out, "  deregistered: outcome %d, told %d of %d\n", e.Outcome, e.Told, e.Peers)
	}
}

func noteText(n registrar.Noted) string {
	text := "(" + n.Name
	if n.Handle != "" {
		text += fmt.Sprintf(" %s/%d", n.Handle, n.Element)
	}
	if n.Server != 0 {
		text += " " + short(n.Server)
	}
	return text + ": " + strings.ReplaceAll(n.Text, "0x000000", "0x") + ")"
}

func short(id wire.ServerID) string {
	if id == 0 {
		return "0"
	}
	return fmt.Sprintf("%#x", uint32(id))
}

func feedText(m feed.Message) string {
	switch m := m.(type) {
	case feed.TakeoverStep:
		return "takeover of " + short(m.Target) + ": " + stepText(m)
	case feed.RegistrarState:
		return "registrar " + m.Phase.String()
	case feed.PeerState:
		return fmt.Sprintf("peer %s %v", short(m.Peer), m.State)
	case feed.ElementState:
		return fmt.Sprintf("%s/%d %v", m.Handle, m.ID, m.Health)
	case enrp.HandleUpdate:
		return actionText(m)
	case feed.Protected:
		if m.Handle == "" {
			return "no pool is protected but"
		}
		return fmt.Sprintf("pool %s is protected", m.Handle)
	case enrp.Presence:
		return fmt.Sprintf("the elements of %s have the checksum %v", short(m.Sender), m.Checksum)
	}
	return m.Type().String()
}

func messageText(e registrar.Send) string {
	if e.Protocol == registrar.ASAP {
		d, err := asap.Parse(e.Data)
		if err != nil {
			return err.Error()
		}
		return asapText(d.Message)
	}
	d, err := enrp.Parse(e.Data)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s, receiver %s%s", d.Message.Type(), short(d.Receiver), enrpText(d.Message))
}

func asapText(m asap.Message) string {
	name := m.Type().String()
	switch m := m.(type) {
	case asap.RegistrationResponse:
		return fmt.Sprintf("%s %s/%d, R=%d%s", name, m.Handle, m.ID, wire.Bit(m.Reject, 1), causeText(m.Causes))
	case asap.DeregistrationResponse:
		return fmt.Sprintf("%s %s/%d%s", name, m.Handle, m.ID, causeText(m.Causes))
	case asap.HandleResolutionResponse:
		return fmt.Sprintf("%s %s%s%s", name, m.Handle, causeText(m.Causes), listText(entries(m.Handle, m.Elements)))
	case asap.EndpointKeepAlive:
		return fmt.Sprintf("%s %s, H=%d, from %s", name, m.Handle, wire.Bit(m.Home, 1), short(m.Server))
	}
	return name
}

func enrpText(m enrp.Message) string {
	switch m := m.(type) {
	case enrp.Presence:
		text := fmt.Sprintf(", reply required %d, checksum %v", wire.Bit(m.ReplyRequired, 1), m.Checksum)
		if m.Information.Present() {
			text += ", server " + serverText(m.Information)
		}
		return text
	case enrp.HandleUpdate:
		return ", " + actionText(m)
	case enrp.HandleTableRequest:
		return fmt.Sprintf(", W=%d", wire.Bit(m.OwnOnly, 1))
	case enrp.HandleTableResponse:
		var list []string
		for _, pool := range m.Pools {
			list = append(list, entries(pool.Handle, pool.Elements)...)
		}
		return fmt.Sprintf(", R=%d, M=%d%s", wire.Bit(m.Reject, 1), wire.Bit(m.More, 1), listText(list))
	case enrp.ListResponse:
		var list []string
		for _, server := range m.Servers {
			list = append(list, serverText(server))
		}
		return fmt.Sprintf(", R=%d%s", wire.Bit(m.Reject, 1), listText(list))
	case enrp.InitTakeover:
		return ", target " + short(m.Target)
	case enrp.InitTakeoverAck:
		return ", target " + short(m.Target)
	case enrp.TakeoverServer:
		return ", target " + short(m.Target)
	case enrp.Error:
		return causeText(m.Causes)
	}
	return ""
}

func actionText(m enrp.HandleUpdate) string {
	action := "ADD_PE"
	if m.Action == enrp.DelPE {
		action = "DEL_PE"
	}
	return action + " " + entries(m.Handle, []wire.PoolElement{m.Element})[0]
}

func serverText(i wire.ServerInformation) string {
	return fmt.Sprintf("%s at %v:%d", short(i.ID), i.Transport.Addresses[0], i.Transport.Port)
}

// entries are the elements of one pool, many of them in a few words.
func entries(handle wire.PoolHandle, elements []wire.PoolElement) (list []string) {
	if n := len(elements); n > 10 {
		return []string{fmt.Sprintf("%d elements from %s/%d to %s/%d", n, handle, elements[0].ID, handle, elements[n-1].ID)}
	}
	for _, e := range elements {
		text := fmt.Sprintf("%s/%d@%s", handle, e.ID, short(e.HomeServer))
		if e.UserTransport.Port != 7 {
			text += fmt.Sprintf(" port %d", e.UserTransport.Port)
		}
		if e.Policy.Type != wire.RoundRobin {
			text += fmt.Sprintf(" weight %d", e.Policy.Weight)
		}
		list = append(list, text)
	}
	return list
}

func listText(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return ": " + strings.Join(list, ", ")
}

func causeText(causes []wire.Cause) string {
	text := ""
	for _, c := range causes {
		text += ", cause " + c.Code.String()
	}
	return text
}
