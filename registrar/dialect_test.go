package registrar_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// dialect changes how a registrar speaks, and leaves its timers.
func dialect(d registrar.Dialect) func(*registrar.Config) {
	return func(c *registrar.Config) { c.Dialect = d }
}

var dialects = []registrar.Dialect{registrar.RFC, registrar.RSPLIB}

// either picks what is expected in a dialect.
func either[T any](d registrar.Dialect, rfc, rsplib T) T {
	if d == registrar.RSPLIB {
		return rsplib
	}
	return rfc
}

func eachDialect(t *testing.T, f func(t *testing.T, d registrar.Dialect)) {
	t.Helper()
	for _, d := range dialects {
		t.Run(d.String(), func(t *testing.T) { f(t, d) })
	}
}

// An element of RSPLIB that never registers again is listed as long as it acknowledges.
func TestDialectKeptAlive(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d), interval(4*time.Second))
		a := b.element(11)
		b.mustRegister(a, "echo", pe(1, 11, life(either[wire.RegistrationLife](d, 10, 10_000))))
		asked := 0
		tick := func() {
			b.advance(time.Second)
			asked += len(all[asap.EndpointKeepAlive](b.takeASAP(a)))
		}
		for range 60 {
			tick()
			b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		}
		if got := len(b.listed("echo")); got != either(d, 0, 1) || asked == 0 {
			t.Errorf("%d elements after 60 s and %d keep-alives", got, asked)
		}
		for range 60 {
			tick()
		}
		if got := len(b.listed("echo")); got != 0 {
			t.Errorf("%d elements after a minute without acknowledgements", got)
		}
	})
}

// ASAP-3.3-02: RSPLIB's users find no element in an answer without the policy.
func TestDialectRoundRobin(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d))
		b.mustRegister(b.element(11), "echo", pe(1, 11))
		want := either(d, wire.Policy{}, wire.Policy{Type: wire.RoundRobin})
		if got := b.resolve("echo").Policy; got != want {
			t.Errorf("policy %v, want %v", got, want)
		}
	})
}

// RSPLIB's elements may name addresses that their association has not.
func TestDialectReachable(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d))
		a := b.element(11)
		foreign := netip.MustParseAddr("fd00::11")
		more := transport(func(u *wire.Transport) { u.Addresses = append([]netip.Addr{foreign}, u.Addresses...) })
		if rejected := b.register(a, "echo", pe(1, 11, more)).Reject; rejected != either(d, true, false) {
			t.Errorf("rejected: %v", rejected)
		}
		if d == registrar.RSPLIB {
			if got := b.resolve("echo").Elements[0].UserTransport.Addresses; !slices.Equal(got, at(11, 0).Addrs) {
				t.Errorf("users are told %v, want %v", got, at(11, 0).Addrs)
			}
		}
		none := transport(func(u *wire.Transport) { u.Addresses = []netip.Addr{foreign} })
		if !b.register(a, "echo", pe(2, 11, none)).Reject {
			t.Error("an element that cannot be reached is registered")
		}
	})
}

// RSPLIB tells its loopback address too; a call there would reach this host.
func TestDialectLoopback(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	for _, local := range []bool{false, true} {
		b := serving(t, func(c *registrar.Config) {
			if local {
				c.ENRP.Addrs = append(c.ENRP.Addrs, loopback)
			}
		})
		p := b.peer(0x60, 60)
		info := information(0x60, 60)
		info.Transport.Addresses = append([]netip.Addr{loopback}, info.Transport.Addresses...)
		b.enrp(p, enrp.Presence{IDs: ids(0x60, 0), Information: info})
		b.down(p)
		b.advance(2 * time.Minute)
		if len(b.dials) == 0 {
			t.Fatal("the peer is not called")
		}
		if got := slices.Contains(b.dials[0].To.Addrs, loopback); got != local {
			t.Errorf("called at %v, own address %v", b.dials[0].To, local)
		}
	}
}

// Neither side may take the other for dead: RSPLIB does after 5 s of silence.
func TestDialectConfig(t *testing.T) {
	rfc, rsplib := registrar.RFC.Config(), registrar.RSPLIB.Config()
	if rfc.Dialect != registrar.RFC || rsplib.Dialect != registrar.RSPLIB {
		t.Errorf("dialects are %v and %v", rfc.Dialect, rsplib.Dialect)
	}
	if rsplib.PeerHeartbeatCycle*2 >= 5*time.Second || rsplib.MaxTimeLastHeard > 5*time.Second {
		t.Errorf("heartbeat %v, last heard %v, want two heartbeats in 5 s", rsplib.PeerHeartbeatCycle, rsplib.MaxTimeLastHeard)
	}
	// takeover.md section 1.4
	if least := 2*rsplib.PeerHeartbeatCycle + rsplib.MaxTimeNoResponse; rsplib.YieldRecheck < least || rsplib.YieldRecheck < rsplib.MaxTimeLastHeard {
		t.Errorf("re-check after %v, want at least %v", rsplib.YieldRecheck, least)
	}
	// An element of RSPLIB that only keep-alives wake has 9 s at -rereginterval=3000.
	if longest := rsplib.KeepAliveInterval * 3 / 2; longest > 8*time.Second {
		t.Errorf("up to %v between keep-alives", longest)
	}
	if rfc.MaxResolveItems != 0 || rsplib.MaxResolveItems != 3 { // D-04
		t.Errorf("items %d and %d, want 0 and 3", rfc.MaxResolveItems, rsplib.MaxResolveItems)
	}
}

func TestDialectLife(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d))
		a := b.element(11)
		b.mustRegister(a, "echo", pe(1, 11, life(10_000)))
		b.sent[a] = nil
		b.advance(10*time.Second - 1)
		if got := b.listed("echo"); len(got) != 1 {
			t.Errorf("elements %v before 10,000 ms", got)
		}
		b.advance(1)
		if got := b.listed("echo"); len(got) != either(d, 1, 0) {
			t.Errorf("elements %v after 10,000 ms", got)
		}
		b.advance(10_000 * time.Second)
		if got := len(b.listed("echo")); got != 0 {
			t.Errorf("%d elements after 10,000 s", got)
		}
		// An RSPLIB element takes the response for one to a request of its own.
		if got := len(all[asap.DeregistrationResponse](b.takeASAP(a))); got != either(d, 1, 0) {
			t.Errorf("told %d times of its end", got)
		}
	})
}

// D-06: copies of peers' elements.
func TestDialectCopies(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d))
		p := b.peer(0x60, 60)
		e := pe(1, 11, life(10_000))
		b.enrp(p, add(0x60, "echo", e))
		b.advance(9 * time.Second)
		b.enrp(p, add(0x60, "echo", e)) // an update keeps it
		b.advance(9 * time.Second)
		m := presence(0x60)
		m.Checksum = 1
		b.enrp(p, m)
		b.enrp(p, enrp.HandleTableResponse{ // a table does not
			IDs: ids(0x60, self), Pools: []enrp.Pool{{Handle: "echo", Elements: []wire.PoolElement{of(0x60, e)}}},
		})
		if got := b.listed("echo"); len(got) != 1 {
			t.Fatalf("elements %v, want it kept", got)
		}
		b.sent[p] = nil
		b.advance(2 * time.Second)
		if got := b.listed("echo"); len(got) != either(d, 1, 0) {
			t.Errorf("elements %v behind its life", got)
		}
		if got := all[enrp.HandleUpdate](b.takeENRP(p)); len(got) > 0 {
			t.Errorf("the peer hears %+v", got)
		}
	})
}

func TestDialectTakeover(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		contested := func(by wire.ServerID) feed.LinkState {
			w := widowedWith(t, d, 1, by)
			w.enrp(w.to[by], enrp.InitTakeover{Takeover: takeover(by, 0x60)})
			return w.state(0x60)
		}
		if got, want := contested(0x20), either(d, feed.TakingOver, feed.Yielded); got != want {
			t.Errorf("a smaller ID wants it too: %v, want %v", got, want)
		}
		if got, want := contested(0x70), either(d, feed.Yielded, feed.TakingOver); got != want {
			t.Errorf("a larger ID wants it too: %v, want %v", got, want)
		}
		w := widowedWith(t, d, 1, 0x20)
		w.ack(0x20, 0x60)
		w.alive(0x60)
		if got := len(all[enrp.TakeoverServer](w.takeENRP(w.to[0x60]))); got != either(d, 2, 0) {
			t.Errorf("the target is told %d times", got)
		}
		w.forget()
		w.enrp(w.to[0x20], enrp.InitTakeover{Takeover: takeover(0x20, 0x60)})
		sent := w.takeENRP(w.to[0x20])
		if len(all[enrp.TakeoverServer](sent)) != 1 || len(all[enrp.InitTakeoverAck](sent)) != either(d, 0, 1) {
			t.Errorf("who missed it is sent %+v", sent)
		}
		if d == registrar.RSPLIB && sent[0].Type() != enrp.TypeTakeoverServer {
			t.Errorf("first of all comes %v, want TAKEOVER_SERVER", sent[0].Type())
		}
	})
}

// TK-11: whoever lost a table answer hears of all elements with the association.
func TestDialectTellsAll(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d))
		a := b.element(11)
		for id := range wire.PEIdentifier(250) {
			b.mustRegister(a, "echo", pe(id+1, 11, life(300_000)))
		}
		p := b.peer(0x60, 60)
		b.advance(registrar.DefaultConfig().PeerHeartbeatCycle + time.Second)
		if got := len(all[enrp.HandleUpdate](b.takeENRP(p))); got != either(d, 0, 250) {
			t.Errorf("%d updates, want %d", got, either(d, 0, 250))
		}
	})
}

func TestDialectPresence(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		cfg := config(self, 1, at(60, 9901))
		cfg.Dialect = d
		b := idle(t, cfg)
		b.step(registrar.Start{})
		call := only[registrar.Dial](t, b.dials)
		p := b.up(registrar.ENRP, call.To, call.ID)
		sent := b.takeENRP(p)
		if got, want := sent[0].Type(), either(d, enrp.TypeListRequest, enrp.TypePresence); got != want {
			t.Errorf("first of all comes %v, want %v", got, want)
		}
		b = serving(t, dialect(d))
		p = b.peer(0x60, 60)
		b.advance(30 * time.Second)
		if m := only[enrp.Presence](t, b.takeENRP(p)); m.Information.Present() != (d == registrar.RSPLIB) {
			t.Errorf("heartbeat %+v", m)
		}
	})
}

// D-14
func TestDialectKeepAlive(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d), interval(15*time.Second))
		a := b.element(11)
		b.mustRegister(a, "echo", pe(7, 11, life(wire.InfiniteLife)))
		b.sent[a] = nil
		b.advance(23 * time.Second)
		if ka := all[asap.EndpointKeepAlive](b.takeASAP(a)); len(ka) == 0 || ka[0].ID != either[wire.PEIdentifier](d, 0, 7) {
			t.Errorf("keep-alives %+v", ka)
		}
	})
}

// RSPLIB aborts on a handle of more than 32 bytes, drops each message with a transport
// that it does not know, and takes 1,400 bytes of a table.
func TestDialectHandlesAndPages(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d))
		p := b.peer(0x60, 60)
		a := b.element(11)
		long, short := wire.PoolHandle(strings.Repeat("x", 33)), wire.PoolHandle(strings.Repeat("y", 32))
		b.mustRegister(a, long, pe(1, 11))
		want := either(d, map[wire.PoolHandle]int{long: 1, short: 100}, map[wire.PoolHandle]int{short: 100})
		for _, transport := range []struct {
			wire.ParameterType
			known bool
		}{
			{wire.TypeDCCPTransport, false},
			{wire.TypeUDPLiteTransport, false},
			{wire.TypeOpaqueTransport, false},
			{wire.TypeTCPTransport, true},
			{wire.TypeUDPTransport, true},
		} {
			handle := wire.PoolHandle(transport.String())
			b.mustRegister(a, handle, pe(1, 11, func(e *wire.PoolElement) { e.UserTransport.Type = transport.ParameterType }))
			if transport.known || d == registrar.RFC {
				want[handle] = 1
			}
		}
		for id := range wire.PEIdentifier(100) {
			b.mustRegister(a, short, pe(id+1, 11))
		}
		told := map[wire.PoolHandle]int{}
		for _, m := range all[enrp.HandleUpdate](b.takeENRP(p)) {
			told[m.Handle]++
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("updates (-want +got):\n%s", diff)
		}
		listed, sum := map[wire.PoolHandle]int{}, enrp.Sum{}
		parts := 0
		for more := true; more; parts++ {
			b.enrp(p, enrp.HandleTableRequest{IDs: ids(0x60, self)})
			if n := len(b.sent[p][0]); d == registrar.RSPLIB && n > 1412 {
				t.Errorf("part of %d bytes, want 1,400 of entries at most", n)
			}
			m := only[enrp.HandleTableResponse](t, b.takeENRP(p))
			for _, pool := range m.Pools {
				listed[pool.Handle] += len(pool.Elements)
			}
			more = m.More
			for _, pool := range m.Pools {
				for _, e := range pool.Elements {
					sum.Add(pool.Handle, e.ID)
				}
			}
		}
		if diff := cmp.Diff(told, listed); diff != "" || parts > 1 != (d == registrar.RSPLIB) {
			t.Errorf("table in %d parts (-updates +table):\n%s", parts, diff)
		}
		b.enrp(p, enrp.Presence{IDs: ids(0x60, self), ReplyRequired: true})
		// Otherwise the peer would audit in vain for ever.
		if m := only[enrp.Presence](t, b.takeENRP(p)); m.Checksum != sum.Checksum() {
			t.Errorf("checksum %v, that of the table is %v", m.Checksum, sum.Checksum())
		}
	})
}

// D-02
func TestDialectCountsSelections(t *testing.T) {
	eachDialect(t, func(t *testing.T, d registrar.Dialect) {
		b := serving(t, dialect(d))
		a := b.element(11)
		for id, load := range []uint32{0, 1, 2} {
			b.mustRegister(a, "echo", pe(wire.PEIdentifier(id+1), 11, policy(wire.Policy{Type: wire.LeastUsedDegradation, Load: load, Degradation: 10})))
		}
		user := b.up(registrar.ASAP, at(99, 5000), 0)
		var firsts []wire.PEIdentifier
		for range 3 {
			b.asap(user, asap.HandleResolution{Handle: "echo", Items: 2})
			firsts = append(firsts, only[asap.HandleResolutionResponse](t, b.takeASAP(user)).Elements[0].ID)
		}
		if want := either(d, []wire.PEIdentifier{1, 3, 2}, []wire.PEIdentifier{1, 2, 3}); !cmp.Equal(firsts, want) {
			t.Errorf("first ones %v, want %v", firsts, want)
		}
	})
}
