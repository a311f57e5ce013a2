//go:build !js

package registrar_test

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// TestTranscripts plays testdata/transcripts: what happens to the registrar with
// ID 0x50, and everything that it does then: messages, associations, and in
// brackets what it notes. Run with -rewrite to write the answers anew, then read
// the difference.
//
// The other end of an association, END, is a registrar like 0x60 (server ID
// 0x60, at 192.0.2.60), or a pool element or user like 11 (at 192.0.2.11, whose
// elements have PE Identifier 11). One that speaks without an association opens
// it first. An element of a registrar is echo/11, or echo/11@0x70 where its home
// is not the sender. An element uses Round Robin and port 7 unless weight= or
// port= say otherwise.
//
//	start [peers=(END,...)] [keep-alive=D] [downloads=N] [feed] [secured] [plain-users]
//	given                         the commands that follow, whose answers are left out
//	up END | down END | dial-ok END | dial-failed END
//	advance D [alive=(END,...)]   who is alive sends a heartbeat every 30 s
//	operator ELEMENT | stop
//	reconfigure [peers=(END,...)] [protect=(POOL,...)] [what=TEXT]
//	raw END                       the message that follows in hexadecimal digits
//	remember | compare            whether the state is what it was then
//
// Where the registrar is secured, a registrar has its ID for a credential, 99 is a
// user, and all others are elements of the pool echo that have their number for a
// name. as=END with whatever opens an association makes it somebody else's: that of
// END, nothing or anonymous. An element has the identifier that id= says.
//
// The messages of elements and users, and fill for N registrations at once:
//
//	register END POOL [port=N] [weight=N] [life=N] | deregister END POOL
//	ack END POOL | report END ELEMENT | resolve END POOL | fill END POOL N
//
// The messages of registrars; a sum not given is what this one computes:
//
//	presence END [reply] [sum=N] [server=ID] | add|del END ELEMENT [to=ID]
//	list-request END | list-response END [reject] ID ...
//	table-request END [own] | table-response END [reject] [more] ELEMENT ...
//	init-takeover|init-takeover-ack|takeover-server END target=ID
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		var s script
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.line = line{d, t}
			return s.play()
		})
	})
}

// script is a transcript in the middle of it.
type script struct {
	line
	b *bench
	// ends are the associations by the name of the other end, names the other way,
	// dialled the dials that wait for their end.
	ends    map[string]registrar.AssociationID
	names   map[registrar.AssociationID]string
	dialled map[string]registrar.DialID
	// feed: what the dashboard is told is shown too.
	feed bool
	// remembered is the state that was.
	remembered string
	out        strings.Builder
}

// play performs one command and gives what the registrar does.
func (s *script) play() string {
	s.out.Reset()
	switch s.Cmd {
	case "given":
		return s.given()
	case "start":
		s.start()
	case "stop":
		s.step(registrar.Stop{})
	case "up":
		s.up(s.word(0), 0)
	case "down":
		s.step(registrar.AssociationDown{Association: s.end(s.word(0)), Reason: "lost"})
		delete(s.ends, s.word(0))
	case "dial-ok":
		s.up(s.word(0), s.takeDial(s.word(0)))
	case "dial-failed":
		s.step(registrar.DialFailed{Dial: s.takeDial(s.word(0)), Reason: "refused"})
	case "operator":
		handle, e := s.member(s.word(0), self)
		s.step(registrar.Deregister{Request: 1, Handle: handle, ID: e.ID})
	case "reconfigure":
		s.reconfigure()
	case "advance":
		span, err := time.ParseDuration(s.word(0))
		s.must(err)
		s.advance(span, s.values("alive"))
	case "fill":
		n, err := strconv.Atoi(s.word(2))
		s.must(err)
		s.b.fill(s.end(s.word(0)), s.pool(), n)
	case "remember":
		s.remembered = s.b.r.Dump()
		return "done"
	case "compare":
		if diff := cmp.Diff(s.remembered, s.b.r.Dump()); diff != "" {
			s.Fatalf(s.t, "the state has changed (-remembered +now):\n%s", diff)
		}
		return "the same"
	case "raw":
		data, err := hex.DecodeString(strings.Join(strings.Fields(s.Input), ""))
		s.receive(s.word(0), data, err)
	default:
		s.message()
	}
	if s.out.Len() == 0 {
		return "nothing"
	}
	return s.out.String()
}

// given performs commands whose answers are not what the transcript is about.
func (s *script) given() string {
	for text := range strings.Lines(s.Input) {
		cmd, args, err := datadriven.ParseLine(text)
		s.must(err)
		s.line = line{&datadriven.TestData{Pos: s.Pos, Cmd: cmd, CmdArgs: args}, s.t}
		s.play()
	}
	return "done"
}

func (s *script) start() {
	s.ends, s.names, s.dialled = map[string]registrar.AssociationID{}, map[registrar.AssociationID]string{}, map[string]registrar.DialID{}
	cfg := config(self, 1)
	cfg.KeepAliveInterval = 0
	for _, d := range s.values("keep-alive") {
		span, err := time.ParseDuration(d)
		s.must(err)
		cfg.KeepAliveInterval = span
	}
	for _, name := range s.values("peers") {
		cfg.Peers = append(cfg.Peers, place(s.host(name)))
	}
	cfg.Limits.Downloads = int(s.number("downloads", uint32(cfg.Limits.Downloads))) //nolint:gosec // test data
	s.feed = s.has("feed")
	cfg.Secured, cfg.PlainUsers = s.has("secured"), s.has("plain-users")
	s.b = idle(s.t, cfg)
	s.step(registrar.Start{})
}

func (s *script) reconfigure() {
	ev := registrar.Reconfigure{What: strings.Join(s.values("what"), ", ")}
	for _, name := range s.values("peers") {
		ev.Peers = append(ev.Peers, place(s.host(name)))
	}
	for _, pool := range s.values("protect") {
		ev.Protected = append(ev.Protected, wire.PoolHandle(pool))
	}
	s.step(ev)
}

// place is where the ENRP of a registrar is.
func place(host byte) registrar.Endpoint { return at(host, 9901) }

// step shows what comes of an event.
func (s *script) step(ev registrar.Event) {
	s.b.t = s.t
	for _, e := range s.b.step(ev) {
		if d, ok := e.(registrar.Dial); ok {
			s.dialled[nameOf(d)] = d.ID
		}
		s.show(e)
	}
}

func (s *script) up(name string, dial registrar.DialID) {
	ev := registrar.AssociationUp{Protocol: registrar.ASAP, Remote: at(s.host(name), 40000+uint16(s.host(name))), Dial: dial, Credential: s.credential(name)}
	if isRegistrar(name) {
		ev.Protocol, ev.Remote = registrar.ENRP, place(s.host(name))
	}
	s.b.next++
	ev.Association = s.b.next
	s.ends[name], s.names[ev.Association] = ev.Association, name
	s.step(ev)
}

// end is the association to somebody, opened from there if there is none.
func (s *script) end(name string) registrar.AssociationID {
	if _, ok := s.ends[name]; !ok {
		s.up(name, 0)
	}
	return s.ends[name]
}

func (s *script) takeDial(name string) registrar.DialID {
	id, ok := s.dialled[name]
	if !ok {
		s.Fatalf(s.t, "nobody dials %s, but %v", name, slices.Sorted(maps.Keys(s.dialled)))
	}
	delete(s.dialled, name)
	return id
}

func (s *script) receive(from string, data []byte, err error) {
	s.must(err)
	s.step(registrar.Received{Association: s.end(from), Data: data})
}

// message sends one of ASAP or ENRP.
func (s *script) message() {
	from := s.word(0)
	switch asapMessage, enrpMessage := asapMessages[s.Cmd], enrpMessages[s.Cmd]; {
	case isRegistrar(from) && enrpMessage != nil:
		data, err := enrp.Append(nil, enrpMessage(s, ids(s.server(from), wire.ServerID(s.number("to", 0)))))
		s.receive(from, data, err)
	case !isRegistrar(from) && asapMessage != nil:
		data, err := asap.Append(nil, asapMessage(s, wire.PEIdentifier(s.number("id", uint32(s.host(from))))))
		s.receive(from, data, err)
	default:
		s.Fatalf(s.t, "%q is no command, or none for %s", s.Cmd, from)
	}
}

// asapMessages are the commands that send one, from the element with the given
// identifier.
var asapMessages = map[string]func(*script, wire.PEIdentifier) asap.Message{
	"register": func(s *script, id wire.PEIdentifier) asap.Message {
		return asap.Registration{Handle: s.pool(), Element: s.element(id, s.host(s.word(0)))}
	},
	"deregister": func(s *script, id wire.PEIdentifier) asap.Message {
		return asap.Deregistration{Handle: s.pool(), ID: id}
	},
	"ack": func(s *script, id wire.PEIdentifier) asap.Message {
		return asap.EndpointKeepAliveAck{Handle: s.pool(), ID: id}
	},
	"report": func(s *script, _ wire.PEIdentifier) asap.Message {
		handle, e := s.member(s.word(1), 0)
		return asap.EndpointUnreachable{Handle: handle, ID: e.ID}
	},
	"resolve": func(s *script, _ wire.PEIdentifier) asap.Message {
		return asap.HandleResolution{Handle: s.pool()}
	},
}

// enrpMessages are the commands that send one, with the given IDs.
var enrpMessages = map[string]func(*script, enrp.IDs) enrp.Message{
	"presence": func(s *script, ids enrp.IDs) enrp.Message {
		m := s.presence(ids)
		m.ReplyRequired = s.has("reply")
		m.Checksum = wire.Checksum(s.number("sum", uint32(m.Checksum))) //nolint:gosec // test data
		for _, name := range s.values("server") {
			m.Information = information(s.server(name), s.host(name))
		}
		return m
	},
	"add": func(s *script, ids enrp.IDs) enrp.Message { return s.update(ids, enrp.AddPE) },
	"del": func(s *script, ids enrp.IDs) enrp.Message { return s.update(ids, enrp.DelPE) },
	"list-request": func(_ *script, ids enrp.IDs) enrp.Message {
		return enrp.ListRequest{IDs: ids}
	},
	"list-response": func(s *script, ids enrp.IDs) enrp.Message {
		m := enrp.ListResponse{IDs: ids, Reject: s.has("reject")}
		for _, name := range s.others("reject") {
			m.Servers = append(m.Servers, information(s.server(name), s.host(name)))
		}
		return m
	},
	"table-request": func(s *script, ids enrp.IDs) enrp.Message {
		return enrp.HandleTableRequest{IDs: ids, OwnOnly: s.has("own")}
	},
	"table-response": func(s *script, ids enrp.IDs) enrp.Message {
		m := enrp.HandleTableResponse{IDs: ids, Reject: s.has("reject"), More: s.has("more")}
		for _, name := range s.others("reject", "more") {
			handle, e := s.member(name, ids.Sender)
			if last := len(m.Pools) - 1; last < 0 || m.Pools[last].Handle != handle {
				m.Pools = append(m.Pools, enrp.Pool{Handle: handle})
			}
			last := &m.Pools[len(m.Pools)-1]
			last.Elements = append(last.Elements, e)
		}
		return m
	},
	"init-takeover": func(s *script, ids enrp.IDs) enrp.Message {
		return enrp.InitTakeover{Takeover: s.takeover(ids)}
	},
	"init-takeover-ack": func(s *script, ids enrp.IDs) enrp.Message {
		return enrp.InitTakeoverAck{Takeover: s.takeover(ids)}
	},
	"takeover-server": func(s *script, ids enrp.IDs) enrp.Message {
		return enrp.TakeoverServer{Takeover: s.takeover(ids)}
	},
}

// presence is a heartbeat with the checksum that the registrar expects.
func (s *script) presence(ids enrp.IDs) enrp.Presence {
	m := enrp.Presence{IDs: ids, Checksum: 0xffff, HasChecksum: true}
	for _, told := range all[enrp.Presence](s.b.changes) {
		if told.Sender == ids.Sender {
			m.Checksum = told.Checksum
		}
	}
	return m
}

func (s *script) update(ids enrp.IDs, action enrp.Action) enrp.HandleUpdate {
	handle, e := s.member(s.word(1), ids.Sender)
	return enrp.HandleUpdate{IDs: ids, Action: action, Handle: handle, Element: e}
}

func (s *script) takeover(ids enrp.IDs) enrp.Takeover {
	return enrp.Takeover{IDs: ids, Target: wire.ServerID(s.number("target", 0))}
}

// advance lets time pass, with a Tick at every deadline and a heartbeat every 30 s
// of those who are alive.
func (s *script) advance(span time.Duration, alive []string) {
	const cycle, phase = 30 * time.Second, 15 * time.Second
	for end := s.b.now.Add(span); ; {
		beat := epoch.Add((s.b.now.Sub(epoch) + phase).Truncate(cycle) + phase)
		next, ok := s.b.r.Deadline()
		switch {
		case ok && !next.After(end) && (len(alive) == 0 || next.Before(beat)):
			s.moment(next, func() { s.step(registrar.Tick{}) })
		case len(alive) > 0 && !beat.After(end):
			s.moment(beat, func() {
				for _, name := range alive {
					data, err := enrp.Append(nil, s.presence(ids(s.server(name), 0)))
					s.receive(name, data, err)
				}
			})
		default:
			s.b.now = end
			return
		}
	}
}

// moment shows the time in front of what is done then, if anything is.
func (s *script) moment(at time.Time, do func()) {
	s.b.now = at
	before := s.out.String()
	s.out.Reset()
	do()
	after := s.out.String()
	s.out.Reset()
	s.out.WriteString(before)
	if after != "" {
		fmt.Fprintf(&s.out, "%v:\n%s", at.Sub(epoch).Round(time.Millisecond), after)
	}
}
