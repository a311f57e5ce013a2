package handlespace

import (
	"encoding/binary"
	"net/netip"
	"time"

	"rserpool/registrar/wire"
)

// record is what is kept of an element, besides its place in trees and queues,
// the values of its policy, and a blob with the rest. 40 bytes and no pointer.
type record struct {
	pool uint32
	id   wire.PEIdentifier
	home wire.ServerID
	life wire.RegistrationLife
	// expires is the end of the registration, queued its place in the queue of
	// expiry, which is not later.
	expires, queued mark
	// blob and length say where in Handlespace.blobs the transports are.
	blob    uint32
	length  uint16
	reports uint16
}

// Entry is an element in its place: what it tells is read there and then, so
// that asking for one thing costs only that. It is good until its element is
// removed; then the place may be another element's, and nothing notices. So use
// it at once, and keep a Ref, or the copy that Element gives.
type Entry struct {
	h    *Handlespace
	slot uint32
}

func (e Entry) record() *record { return e.h.records.At(e.slot) }

func (e Entry) pool() *pool { return *e.h.numbered.At(e.record().pool) }

// Handle names the element's pool.
func (e Entry) Handle() wire.PoolHandle { return e.pool().handle }

// ID is the PE identifier.
func (e Entry) ID() wire.PEIdentifier { return e.record().id }

// Ref names the element.
func (e Entry) Ref() Ref { return Ref{e.Handle(), e.ID()} }

// Carried reports whether peers are told of its pool (Handlespace.Carries).
func (e Entry) Carried() bool { return e.pool().carried }

// Number is the element's for as long as it is there, whatever becomes of it: for
// those who keep something beside it (Handlespace.Numbered). The next element to
// come may get the number of one that has gone.
func (e Entry) Number() uint32 { return e.slot }

// HomeServer is the element's home ENRP server, 0 while undetermined.
func (e Entry) HomeServer() wire.ServerID { return e.record().home }

// Life is the registration life.
func (e Entry) Life() wire.RegistrationLife { return e.record().life }

// Policy is the element's member selection policy.
func (e Entry) Policy() wire.Policy {
	t := e.pool().policy
	if !t.Defined() {
		return wire.Policy{Type: t, Raw: string(e.raw())}
	}
	return e.h.members.Values(e.slot).Policy(t)
}

// Expires is when the registration ends; zero: it does not end here.
func (e Entry) Expires() time.Time { return e.h.expiry.time(e.record().expires) }

// Reports counts the ENDPOINT_UNREACHABLEs since the registration, up to 65,535.
func (e Entry) Reports() int { return int(e.record().reports) }

// Element gives a copy of all, for those who keep it.
func (e Entry) Element() Element {
	return Element{PoolElement: e.PoolElement(), Expires: e.Expires(), Reports: e.Reports()}
}

// PoolElement gives a copy of what a Pool Element parameter carries.
func (e Entry) PoolElement() wire.PoolElement {
	r := e.record()
	pe := wire.PoolElement{ID: r.id, HomeServer: r.home, Life: r.life, Policy: e.Policy()}
	e.h.blobs.unpack(e.h.blobs.at(r.blob, int(r.length)), &pe)
	return pe
}

// Size is how many bytes the element's Pool Element parameter takes in a message,
// with padding.
func (e Entry) Size() int {
	const fixed = 16 // header, identifier, home and life
	r := e.record()
	p := e.pool()
	if !p.policy.Defined() {
		raw := len(e.raw())
		return fixed + policyHeader + wire.Padded(raw) + int(r.length) - rawHeader - raw
	}
	return fixed + policyHeader + 4*p.fields + int(r.length)
}

// policyHeader is a policy parameter without its fields.
const policyHeader = 8

// raw is the data of a policy that RFC 5356 does not define.
func (e Entry) raw() []byte {
	r := e.record()
	b := e.h.blobs.at(r.blob, int(r.length))
	return b[rawHeader : rawHeader+binary.BigEndian.Uint32(b)]
}

// rawHeader is the length in front of the data of a policy in a blob.
const rawHeader = 4

// pack lays out what has no fixed size: the data of the policy behind its length,
// if RFC 5356 does not define its type, and both transports as on the wire. It is
// valid until the next call.
func (b *blobs) pack(pe *wire.PoolElement) []byte {
	out := b.scratch[:0]
	if !pe.Policy.Type.Defined() {
		out = binary.BigEndian.AppendUint32(out, uint32(len(pe.Policy.Raw))) //nolint:gosec // came in a 16-bit length
		out = append(out, pe.Policy.Raw...)
	}
	out = pe.UserTransport.Append(out)
	if pe.ASAPTransport.Present() {
		out = pe.ASAPTransport.Append(out)
	}
	b.scratch = out
	return out
}

// unpack reads the transports of an element with the policy that pe has.
func (b *blobs) unpack(blob []byte, pe *wire.PoolElement) {
	if !pe.Policy.Type.Defined() {
		blob = blob[rawHeader+binary.BigEndian.Uint32(blob):]
	}
	// An address takes 8 bytes at least, and a transport as many beside them.
	addrs := make([]netip.Addr, 0, len(blob)/8)
	pe.UserTransport, blob, _ = wire.ParseTransport(blob, addrs)
	if len(blob) > 0 {
		n := len(pe.UserTransport.Addresses)
		pe.ASAPTransport, _, _ = wire.ParseTransport(blob, addrs[n:n])
	}
}
