package endpoint_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// TestTranscripts plays testdata/*.txt: a command, then every effect with its
// time since the start. Run with -rewrite to write them anew, and read the diff.
//
//	new servers=N [announcements] [stream] [milliseconds]
//	                               an endpoint that knows R1 to RN
//	start, advance D
//	up R1 | fail R1 | down R1      what becomes of a dial or an association
//	accept R1 [stranger]           an association that R1 opens
//	announce R1                    what R1 announces: TRANSPORT HOST:PORT, one a line
//	register E KEY=VALUE..., policy E SPEC, deregister E, forget E
//	resolve Q POOL [items=N] [fresh], cancel Q
//	populate POOL, purge POOL, watch POOL, unwatch POOL, unreachable POOL ID
//	recv R1                        the messages below it, one a line
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			var w *world
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				if d.Cmd == "new" {
					servers := 1
					d.MaybeScanArgs(t, "servers", &servers)
					w = newWorld(t, servers, func(cfg *endpoint.Config) {
						cfg.Announcements, cfg.Stream = d.HasArg("announcements"), d.HasArg("stream")
						if d.HasArg("milliseconds") {
							cfg.LifeUnit = time.Millisecond
						}
					})
					return ""
				}
				w.t, w.out = t, nil
				w.run(d)
				return strings.Join(w.out, "\n")
			})
		})
	}
}

// world is an endpoint with servers R1, R2, ... at 192.0.2.1, 192.0.2.2, ...
type world struct {
	t        *testing.T
	endpoint *endpoint.Endpoint
	now      time.Duration
	out      []string
	// dials and links are by number of the server.
	dials map[endpoint.DialID]int
	links map[endpoint.AssociationID]int
	last  endpoint.AssociationID
	// parallel is the largest number of associations open or opening at once
	// that the endpoint asked for.
	opened   map[endpoint.AssociationID]bool
	parallel int
}

var epoch = time.Unix(1_000_000_000, 0)

func newWorld(t *testing.T, servers int, change ...func(*endpoint.Config)) *world {
	cfg := endpoint.DefaultConfig()
	cfg.Rand = rand.New(rand.NewChaCha8([32]byte{1}))
	for i := range servers {
		cfg.Servers = append(cfg.Servers, server(i+1))
	}
	for _, f := range change {
		f(&cfg)
	}
	e, err := endpoint.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		t: t, endpoint: e,
		dials:  make(map[endpoint.DialID]int),
		links:  make(map[endpoint.AssociationID]int),
		opened: make(map[endpoint.AssociationID]bool),
	}
}

func server(n int) endpoint.Address {
	return endpoint.Address{Addrs: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})}, Port: 3863}
}

var ownAddrs = []netip.Addr{netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2")}

// step hands one event over and writes down the effects.
func (w *world) step(ev endpoint.Event) []endpoint.Effect {
	effects := w.endpoint.Step(epoch.Add(w.now), ev)
	for _, f := range effects {
		switch f := f.(type) {
		case endpoint.Dial:
			w.dials[f.ID] = int(f.To.Addrs[0].As4()[3])
		case endpoint.CancelDial:
		case endpoint.Disconnect:
			delete(w.opened, f.Association)
		}
		w.out = append(w.out, fmt.Sprintf("%v %s", w.now, w.text(f)))
		if f, ok := f.(endpoint.CancelDial); ok {
			delete(w.dials, f.ID)
		}
		w.parallel = max(w.parallel, len(w.dials)+len(w.opened))
	}
	return effects
}

// advance lets time pass; the endpoint gets a Tick whenever it wants one.
func (w *world) advance(d time.Duration) {
	end := w.now + d
	for {
		at, ok := w.endpoint.Deadline()
		if !ok || at.Sub(epoch) > end {
			break
		}
		w.now = max(w.now, at.Sub(epoch))
		w.step(endpoint.Tick{})
		if again, ok := w.endpoint.Deadline(); ok && !again.After(epoch.Add(w.now)) {
			w.t.Fatalf("Tick at %v leaves a deadline at %v", w.now, again.Sub(epoch))
		}
	}
	w.now = end
}

func (w *world) up(n int) {
	for id, to := range w.dials {
		if to == n {
			delete(w.dials, id)
			w.last++
			w.links[w.last], w.opened[w.last] = n, true
			w.step(endpoint.AssociationUp{Association: w.last, Dial: id, Remote: server(n), Local: ownAddrs})
			return
		}
	}
	w.t.Fatalf("nobody dials R%d", n)
}

func (w *world) fail(n int) {
	for id, to := range w.dials {
		if to == n {
			delete(w.dials, id)
			w.step(endpoint.DialFailed{Dial: id, Reason: "refused"})
			return
		}
	}
	w.t.Fatalf("nobody dials R%d", n)
}

// link finds the last association to server n.
func (w *world) link(n int) endpoint.AssociationID {
	for id := w.last; id > 0; id-- {
		if w.links[id] == n {
			return id
		}
	}
	w.t.Fatalf("no association to R%d", n)
	return 0
}

func (w *world) run(d *datadriven.TestData) {
	arg := func(i int) string { return d.CmdArgs[i].Key }
	number := func(i int) uint64 {
		n, err := strconv.ParseUint(strings.TrimPrefix(arg(i), "R"), 10, 32)
		if err != nil {
			d.Fatalf(w.t, "%v", err)
		}
		return n
	}
	switch d.Cmd {
	case "start":
		w.step(endpoint.Start{})
	case "advance":
		by, err := time.ParseDuration(arg(0))
		if err != nil {
			d.Fatalf(w.t, "%v", err)
		}
		w.advance(by)
	case "up":
		w.up(int(number(0)))
	case "fail":
		w.fail(int(number(0)))
	case "down":
		id := w.link(int(number(0)))
		delete(w.opened, id)
		w.step(endpoint.AssociationDown{Association: id, Reason: "lost"})
	case "accept":
		w.last++
		w.links[w.last] = int(number(0))
		w.step(endpoint.AssociationUp{Association: w.last, Remote: server(int(number(0))), Local: ownAddrs})
	case "announce":
		w.step(endpoint.Announced{From: netip.AddrPortFrom(server(int(number(0))).Addrs[0], 32768), Data: w.announcement(d.Input)})
	case "register":
		w.step(endpoint.Register{Element: endpoint.ElementID(number(0)), Spec: w.spec(d)})
	case "policy":
		w.step(endpoint.SetPolicy{Element: endpoint.ElementID(number(0)), Policy: w.policy(arg(1))})
	case "deregister":
		w.step(endpoint.Deregister{Element: endpoint.ElementID(number(0))})
	case "forget":
		w.step(endpoint.Forget{Element: endpoint.ElementID(number(0))})
	case "resolve":
		items := 0
		d.MaybeScanArgs(w.t, "items", &items)
		w.step(endpoint.Resolve{
			Request: endpoint.RequestID(number(0)), Handle: wire.PoolHandle(arg(1)), Items: uint32(items), Fresh: d.HasArg("fresh"),
		})
	case "populate":
		w.step(endpoint.Populate{Handle: wire.PoolHandle(arg(0))})
	case "purge":
		w.step(endpoint.Purge{Handle: wire.PoolHandle(arg(0))})
	case "watch":
		w.step(endpoint.Watch{Handle: wire.PoolHandle(arg(0))})
	case "unwatch":
		w.step(endpoint.Unwatch{Handle: wire.PoolHandle(arg(0))})
	case "unreachable":
		w.step(endpoint.TransportFailure{Handle: wire.PoolHandle(arg(0)), Element: wire.PEIdentifier(w.number(arg(1)))})
	case "cancel":
		w.step(endpoint.Cancel{Request: endpoint.RequestID(number(0))})
	case "recv":
		for line := range strings.Lines(d.Input) {
			w.step(endpoint.Received{Association: w.link(int(number(0))), Data: w.message(strings.Fields(line))})
		}
	default:
		d.Fatalf(w.t, "unknown command %q", d.Cmd)
	}
}

func (w *world) policy(spec string) wire.Policy {
	p, err := policy.Parse(spec)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) spec(d *datadriven.TestData) endpoint.Spec {
	s := endpoint.Spec{ // POL-4.1-01: without a policy it registers Round Robin
		Handle: "EchoPool", ID: 7, Life: 300,
		User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: ownAddrs[:1]},
	}
	for _, a := range d.CmdArgs[1:] {
		switch value := strings.Join(a.Vals, ""); a.Key {
		case "pool":
			s.Handle = wire.PoolHandle(value)
		case "id":
			s.ID = wire.PEIdentifier(w.number(value))
		case "life":
			s.Life = wire.RegistrationLife(w.number(value))
		case "policy":
			s.Policy = w.policy(value)
		case "reregister":
			by, err := time.ParseDuration(value)
			if err != nil {
				d.Fatalf(w.t, "%v", err)
			}
			s.Reregister = by
		case "at":
			s.User.Addresses = []netip.Addr{netip.MustParseAddr(value)}
		case "sctp":
			s.User = wire.Transport{Type: wire.TypeSCTPTransport, Port: 7}
		case "anywhere":
			s.User.Addresses = nil
		case "persist":
			s.Persist = true
		case "stay-out":
			s.StayOut = true
		default:
			d.Fatalf(w.t, "unknown argument %q", a.Key)
		}
	}
	return s
}

func (w *world) number(s string) int64 {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// message builds what a server sends: NAME POOL [IDs...] [cause=N] [policy=SPEC]
// [reject] [home] [server=N] [accepted], or hex BYTES.
func (w *world) message(words []string) []byte {
	if words[0] == "hex" {
		b, err := hex.DecodeString(strings.Join(words[1:], ""))
		if err != nil {
			w.t.Fatal(err)
		}
		return b
	}
	var ids []wire.PEIdentifier
	var causes []wire.Cause
	var p wire.Policy
	reject, home, accepted, serverID := false, false, false, wire.ServerID(0)
	pool := wire.PoolHandle("")
	for i, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch {
		case key == "cause":
			causes = append(causes, wire.Cause{Code: wire.CauseCode(w.number(value))})
		case key == "unknown":
			causes = append(causes, wire.Cause{
				Code: wire.CauseUnrecognizedParameter, Info: []byte{byte(w.number(value) >> 8), byte(w.number(value)), 0, 4},
			})
		case key == "poolpolicy":
			causes = append(causes, wire.Cause{Code: wire.CauseInconsistentPolicy, Info: w.policy(value).TLV()})
		case key == "policy":
			p = w.policy(value)
		case key == "reject":
			reject = true
		case key == "home":
			home = true
		case key == "accepted":
			accepted = true
		case key == "server":
			serverID = wire.ServerID(w.number(value))
		case i == 0:
			pool = wire.PoolHandle(key)
		default:
			ids = append(ids, wire.PEIdentifier(w.number(key)))
		}
	}
	id := wire.PEIdentifier(0)
	if len(ids) > 0 {
		id = ids[0]
	}
	var m asap.Message
	switch words[0] {
	case "REGISTRATION_RESPONSE":
		m = asap.RegistrationResponse{Reject: reject, Handle: pool, ID: id, Causes: causes}
	case "DEREGISTRATION_RESPONSE":
		m = asap.DeregistrationResponse{Handle: pool, ID: id, Causes: causes}
	case "ENDPOINT_KEEP_ALIVE":
		m = asap.EndpointKeepAlive{Home: home, Server: serverID, Handle: pool, ID: id}
	case "HANDLE_RESOLUTION_RESPONSE":
		r := asap.HandleResolutionResponse{Accepted: accepted, Handle: pool, Policy: p, Causes: causes}
		for _, id := range ids {
			r.Elements = append(r.Elements, wire.PoolElement{
				ID: id, HomeServer: 1, Life: 300, Policy: wire.Policy{Type: wire.WeightedRoundRobin, Weight: 1},
				UserTransport: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: ownAddrs[:1]},
			})
		}
		m = r
	case "ERROR":
		m = asap.Error{Causes: causes}
	default:
		w.t.Fatalf("unknown message %q", words[0])
	}
	b, err := asap.Append(nil, m)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}
