package registrar_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// receive is a script's line that hands a message to the association.
func receive(a byte, data []byte) []byte {
	return append([]byte{opReceive, a - 1, byte(len(data) >> 8), byte(len(data))}, data...)
}

// heard is a script's line that lets a message be heard on the multicast group.
func heard(data []byte) []byte {
	line := receive(1, data)
	line[0] = opHeard
	return line
}

// seeds are scripts in which messages of all types arrive: on association 1 from
// an element, on 2 from a registrar.
func seeds(t testing.TB) [][]byte {
	up := []byte{0, 0, 1, 1}
	every := up
	var scripts [][]byte
	must := func(data []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	put := func(line []byte) {
		scripts = append(scripts, append(bytes.Clone(up), line...))
		every = append(bytes.Clone(every), line...)
	}
	put(append([]byte{0, 48}, receive(3, must(asap.Append(nil, asap.Registration{Handle: "echo", Element: pe(1, 11)})))...)) // over TCP
	for _, m := range []asap.Message{
		asap.Registration{Handle: "echo", Element: pe(1, 11)},
		asap.HandleResolution{Handle: "echo", Items: 2},
		asap.HandleResolution{Handle: "echo", Subscribe: true},
		asap.EndpointUnreachable{Handle: "echo", ID: 1},
		asap.EndpointKeepAliveAck{Handle: "echo", ID: 1},
		asap.Registration{Handle: "echo", Element: pe(1, 11)},
		asap.Registration{Handle: "echo", Element: pe(2, 12)},
	} {
		put(receive(1, must(asap.Append(nil, m))))
	}
	for _, m := range []enrp.Message{
		enrp.Presence{IDs: ids(0x60, 0), ReplyRequired: true, Checksum: 1, HasChecksum: true, Information: information(0x60, 60)},
		add(0x60, "echo", pe(1, 11)), add(0x60, "web", pe(3, 12)), removal(0x60, self, "echo", pe(1, 11)),
		removal(0x60, 0x60, "web", pe(3, 12)),
		enrp.HandleTableRequest{IDs: ids(0x60, self)},
		part(true, of(0x60, pe(4, 11))),
		part(false, of(0x60, pe(4, 11))),
		enrp.ListRequest{IDs: ids(0x60, 0)},
		enrp.ListResponse{IDs: ids(0x60, self), Servers: []wire.ServerInformation{information(0x70, 70)}},
		enrp.InitTakeover{Takeover: enrp.Takeover{IDs: ids(0x60, 0), Target: 0x70}},
		enrp.InitTakeover{Takeover: enrp.Takeover{IDs: ids(0x60, 0), Target: self}},
		enrp.InitTakeoverAck{Takeover: enrp.Takeover{IDs: ids(0x60, 0), Target: 0x70}},
		enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: ids(0x60, 0), Target: self}},
		enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: ids(0x60, 0), Target: 0x70}},
		enrp.Error{IDs: ids(0x60, 0), Causes: []wire.Cause{{Code: 1}}},
		enrp.Hold{IDs: ids(0x60, 0), ID: 1, Left: 60_000, Handle: "echo", Element: 1},
		enrp.HoldAck{IDs: ids(0x60, 0), ID: 1},
	} {
		put(receive(2, must(enrp.Append(nil, m))))
	}
	for _, id := range []wire.ServerID{0x60, 0x70, 0x80} {
		put(heard(must(enrp.Append(nil, announcement(id, byte(id), true)))))
	}
	return append(scripts, every)
}

// small leaves little room, so that limits are met soon. start is how the life
// begins: alone, with configured peers (1), with a multicast group (2) or both; and
// whether the registrar is secured (4), answers plain users (8), and speaks as RSPLIB
// does (16).
func small(start byte) registrar.Config {
	var peers []registrar.Endpoint
	if start&1 != 0 {
		peers = []registrar.Endpoint{at(13, 40011), at(60, 9901)}
	}
	cfg := config(self, 1, peers...)
	if start&16 != 0 {
		cfg.Dialect = registrar.RSPLIB
	}
	cfg.AnnounceENRP = start&2 != 0
	cfg.AnnounceASAP = true
	cfg.Secured, cfg.PlainUsers = start&4 != 0, start&8 != 0
	cfg.Limits = registrar.Limits{
		Associations: 6, Pools: 3, Elements: 6, ElementsPerAssociation: 3, ElementsPerPool: 3, HandleLength: 16, Downloads: 1, Subscriptions: 2, Reports: 2, Peers: 3, Holds: 2,
	}
	return cfg
}

// FuzzStep: whatever happens and whatever bytes arrive, the state stays sound
// (bench.step verifies it), what comes of it is well-formed (the witness sees to that)
// and nothing panics. SEC-28
func FuzzStep(f *testing.F) {
	for _, s := range seeds(f) {
		for start := range byte(16) {
			f.Add(s, start)
			f.Add(slices.Concat(s, []byte{opAskPeer, 0, opAskPeer, 128, opAskElement, 1, opDeregister, 129, opEndHold, 0, opSelect, 0, opDeadline, 0, opReconfigure, 5, opTime, 9, opStop, 2}), start|16)
		}
	}
	f.Fuzz(func(t *testing.T, script []byte, start byte) {
		if len(script) <= 1<<11 {
			run(t, small(start), script)
		}
	})
}

// TestRandomLife plays long random scripts made of whole messages, and each of
// them twice: the same seed and events give the same effects.
func TestRandomLife(t *testing.T) {
	const lines = 400
	parts := seeds(t)
	for seed := range uint64(96) {
		chance := rand.New(rand.NewPCG(seed, 1))
		var script []byte
		for range lines {
			if chance.IntN(2) == 0 {
				script = append(script, byte(chance.IntN(int(opStop)+2)), byte(chance.IntN(256)), opDeadline, 0)
				continue
			}
			line := parts[chance.IntN(len(parts)-1)][4:]
			line[1] = byte(chance.IntN(8))
			script = append(script, line...)
		}
		first := run(t, small(byte(seed%32)), script)
		if second := run(t, small(byte(seed%32)), script); first != second {
			t.Fatalf("seed %d: two runs of the same script differ", seed)
		}
	}
}
