package wire_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/wire"
	"rserpool/registrar/wire/wiretest"
)

// parameters are the ways to read a parameter, and the ways to write it back.
var parameters = []struct {
	read  func(*wire.Reader) any
	write func(*wire.Writer, any)
	seed  any
}{
	{
		func(r *wire.Reader) any { return r.PoolHandle() },
		func(w *wire.Writer, v any) { w.PoolHandle(v.(wire.PoolHandle)) }, wire.PoolHandle("ctrl1"),
	},
	{
		func(r *wire.Reader) any { return r.PEIdentifier() },
		func(w *wire.Writer, v any) { w.PEIdentifier(v.(wire.PEIdentifier)) }, wire.PEIdentifier(7),
	},
	{
		func(r *wire.Reader) any { return r.PEChecksum() },
		func(w *wire.Writer, v any) { w.PEChecksum(v.(wire.Checksum)) }, wire.Checksum(7),
	},
	{
		func(r *wire.Reader) any { return r.Opaque(wire.TypeCookie) },
		func(w *wire.Writer, v any) { w.Opaque(wire.TypeCookie, v.(string)) }, "",
	},
	{
		func(r *wire.Reader) any { return r.Transport() },
		func(w *wire.Writer, v any) { w.Transport(v.(wire.Transport)) },
		wire.Transport{Type: wire.TypeDCCPTransport, Port: 7, ServiceCode: 8, Addresses: addresses("192.0.2.1")},
	},
	{
		func(r *wire.Reader) any { return r.SCTPTransport() },
		func(w *wire.Writer, v any) { w.Transport(v.(wire.Transport)) },
		wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Use: wire.DataAndControl, Addresses: addresses("2001:db8::1", "192.0.2.1")},
	},
	{
		func(r *wire.Reader) any { return r.Policy() },
		func(w *wire.Writer, v any) { w.Policy(v.(wire.Policy)) },
		wire.Policy{Type: wire.LeastUsedDegradation, Load: 1, Degradation: 2},
	},
	{
		func(r *wire.Reader) any { return r.PoolElement() },
		func(w *wire.Writer, v any) { w.PoolElement(v.(wire.PoolElement)) },
		wire.PoolElement{
			ID: 1, HomeServer: 2, Life: 3, UserTransport: wire.Transport{Type: wire.TypeOpaqueTransport, Opaque: "x"},
			Policy:        wire.Policy{Type: 0x80000001, Raw: "odd"},
			ASAPTransport: wire.Transport{Type: wire.TypeSCTPTransport, Addresses: addresses("::ffff:192.0.2.1")},
		},
	},
	{
		func(r *wire.Reader) any { return r.ServerInformation() },
		func(w *wire.Writer, v any) { w.ServerInformation(v.(wire.ServerInformation)) },
		wire.ServerInformation{ID: 1, Transport: wire.Transport{Type: wire.TypeSCTPTransport, Addresses: addresses("192.0.2.1")}},
	},
	{
		func(r *wire.Reader) any { return r.OperationError() },
		func(w *wire.Writer, v any) { w.OperationError(v.([]wire.Cause)) },
		[]wire.Cause{{Code: 1, Info: []byte("odd")}, {Code: 9, Info: []byte{}}},
	},
}

func addresses(list ...string) (out []netip.Addr) {
	for _, a := range list {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func encode(which int, v any) ([]byte, error) {
	w := wire.NewWriter(nil, 0, 0)
	parameters[which].write(w, v)
	b, err := w.Finish()
	return b[4:], err
}

func decode(which int, b []byte) (any, wire.Findings, error) {
	r := wire.NewReader("FUZZ", b)
	v := parameters[which].read(r)
	r.End()
	return v, r.Findings(), r.Err()
}

// PAR-2-01 PAR-2-02 PAR-3-01
func TestParametersRoundTrip(t *testing.T) {
	for i, p := range parameters {
		b, err := encode(i, p.seed)
		if err != nil {
			t.Fatal(err)
		}
		got, found, err := decode(i, b)
		if diff := cmp.Diff(p.seed, got, equal); diff != "" || err != nil || len(found.Unknown) != 0 {
			t.Errorf("%T: %v, %v (-want +got):\n%s", p.seed, found, err, diff)
		}
		for n := range b {
			if _, _, err := decode(i, b[:n]); err == nil && n < len(b)-3 {
				t.Errorf("%T cut to %d of %d bytes is read", p.seed, n, len(b))
			}
		}
	}
}

// FuzzParameters: no bytes do harm, and a parameter that was read is the same
// after it was written again. SEC-28 PAR-3-10
func FuzzParameters(f *testing.F) {
	for i, p := range parameters {
		b, err := encode(i, p.seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), b)
		f.Add(byte(i), append([]byte{0xc0, 1, 0, 5, 'x', 0, 0, 0}, b...))
	}
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		i := int(which) % len(parameters)
		if len(b) > wire.MaxMessage-4 {
			return // more than a message holds
		}
		wiretest.Bounded(t, len(b), 128, func() { decode(i, b) })
		v, found, err := decode(i, b)
		if n := len(found.Unknown); 4*n > len(b) || len(found.Reports) > n {
			t.Errorf("%d unknown parameters, %d reports in %d bytes", n, len(found.Reports), len(b))
		}
		if err != nil {
			return
		}
		again, err := encode(i, v)
		if err != nil || len(again) > wire.Padded(len(b)) {
			t.Fatalf("%d bytes became %d: %v", len(b), len(again), err)
		}
		v2, _, err := decode(i, again)
		if diff := cmp.Diff(v, v2, equal); diff != "" || err != nil {
			t.Errorf("%v (-first +second):\n%s", err, diff)
		}
	})
}
