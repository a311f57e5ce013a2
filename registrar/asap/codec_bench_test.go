package asap_test

import (
	"net/netip"
	"testing"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

const benchHandle = "benchmarkPool"

// benchElement is what RSPLIB's figures were measured with: one IPv4 SCTP
// transport, weighted round robin, in ENRP messages an ASAP transport too.
func benchElement(id wire.PEIdentifier, inENRP bool) wire.PoolElement {
	e := wire.PoolElement{
		ID: id, Life: 600, Policy: wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5},
		UserTransport: wire.Transport{
			Type: wire.TypeSCTPTransport, Port: 7,
			Addresses: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(id)})},
		},
	}
	if inENRP {
		e.HomeServer = 0x50
		e.ASAPTransport = e.UserTransport
	}
	return e
}

func benchElements(n int, inENRP bool) (list []wire.PoolElement) {
	for i := range n {
		list = append(list, benchElement(wire.PEIdentifier(i+1), inENRP))
	}
	return list
}

// benchTable is as much of a handle table, in pools of 10, as one message holds.
func benchTable() (pools []enrp.Pool) {
	element := len(benchElement(1, true).TLV())
	for room := wire.MaxMessage - 12; room > 20+10*element; room -= 20 + 10*element {
		handle := wire.PoolHandle([]byte{'b', 'e', 'n', 'c', 'h', 'm', 'a', 'r', 'k', 'P', 'o', 'o', byte(len(pools))})
		pools = append(pools, enrp.Pool{Handle: handle, Elements: benchElements(10, true)})
	}
	return pools
}

// codecCase is one message with the ways to write and to read it.
type codecCase struct {
	name   string
	append func(b []byte) ([]byte, error)
	parse  func(b []byte) error
	decode func(b []byte) error
}

func asapCase(name string, m asap.Message) codecCase {
	var d asap.Decoder
	return codecCase{
		name, func(b []byte) ([]byte, error) { return asap.Append(b, m) },
		func(b []byte) error { _, err := asap.Parse(b); return err },
		func(b []byte) error { _, err := d.Decode(b); return err },
	}
}

func enrpCase(name string, m enrp.Message) codecCase {
	var d enrp.Decoder
	return codecCase{
		name, func(b []byte) ([]byte, error) { return enrp.Append(b, m) },
		func(b []byte) error { _, err := enrp.Parse(b); return err },
		func(b []byte) error { _, err := d.Decode(b); return err },
	}
}

func codecCases() []codecCase {
	policy := wire.Policy{Type: wire.WeightedRoundRobin, Weight: 1}
	ids := enrp.IDs{Sender: 0x50, Receiver: 0x51}
	return []codecCase{
		asapCase("Registration", asap.Registration{Handle: benchHandle, Element: benchElement(1, false)}),
		asapCase("HandleResolution", asap.HandleResolution{Handle: benchHandle}),
		asapCase("HandleResolutionResponse3", asap.HandleResolutionResponse{
			Handle: benchHandle, Policy: policy, Elements: benchElements(3, false),
		}),
		asapCase("HandleResolutionResponse50", asap.HandleResolutionResponse{
			Handle: benchHandle, Policy: policy, Elements: benchElements(50, false),
		}),
		enrpCase("HandleUpdate", enrp.HandleUpdate{IDs: ids, Handle: benchHandle, Element: benchElement(1, true)}),
		enrpCase("HandleTableResponse", enrp.HandleTableResponse{IDs: ids, More: true, Pools: benchTable()}),
	}
}

// BenchmarkCodec: decode is a Decoder in its steady state, parse is Parse.
func BenchmarkCodec(b *testing.B) {
	for _, c := range codecCases() {
		data, err := c.append(nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, way := range []struct {
			name string
			run  func() error
		}{
			{"encode", func() error { _, err := c.append(data[:0]); return err }},
			{"decode", func() error { return c.decode(data) }},
			{"parse", func() error { return c.parse(data) }},
		} {
			b.Run(way.name+"/"+c.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if err := way.run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// In the steady state neither way allocates. A decoder needs two rounds to know
// how much room the messages take.
func TestCodecSteadyState(t *testing.T) {
	for _, c := range codecCases() {
		data, err := c.append(nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := c.decode(data); err != nil {
				t.Fatal(err)
			}
		}
		encode := func() { _, err = c.append(data[:0]) }
		decode := func() { err = c.decode(data) }
		for way, f := range map[string]func(){"encode": encode, "decode": decode} {
			if n := testing.AllocsPerRun(20, f); n != 0 || err != nil {
				t.Errorf("%s %s: %v allocations, %v, want none", way, c.name, n, err)
			}
		}
	}
}
