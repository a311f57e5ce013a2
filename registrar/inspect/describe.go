package inspect

import (
	"strconv"
	"strings"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// The values of proto that Describe takes.
const (
	ASAP = "asap"
	ENRP = "enrp"
	// Checksum is not a message: the byte blocks of RFC 5353 section 3.6.2.
	Checksum = "checksum"
)

// Result is what bytes are.
type Result struct {
	// Proto is what the bytes were read as.
	Proto string
	// Class says whether a receiver can use the message, Problem why not.
	Class   wire.Class
	Problem string
	// Message is the object of all fields; see Node.
	Message Node
	// Reencoded is what encoding the decoded values gives, final padding
	// included; nil unless the class is OK.
	Reencoded []byte
	// Reply is the ASAP_ERROR that a receiver answers, final padding included;
	// ReplyParam is the Operation Error parameter of its ENRP_ERROR, without
	// its own padding. Nil where nothing is answered.
	Reply, ReplyParam []byte
	// Checksum is the PE checksum, present with proto Checksum only.
	Checksum *wire.Checksum
}

// Describe tells what b is. Bytes behind the message are shown and otherwise
// ignored. Any b gives a result; the tree stays in proportion to it and holds
// copies. A proto that is not one of the constants is malformed.
func Describe(proto string, b []byte) Result {
	r := Result{Proto: proto}
	var err error
	switch proto {
	case ASAP:
		var d asap.Decoded
		d, err = asap.Parse(b)
		r.Reply = d.Reply()
		if err == nil {
			r.Reencoded, _ = asap.Append(nil, d.Message) // nil where it has become too long
		}
	case ENRP:
		var d enrp.Decoded
		d, err = enrp.Parse(b)
		r.ReplyParam = wire.ErrorTLV(d.Causes())
		if err == nil {
			r.Reencoded, _ = enrp.Append(nil, d.Message)
		}
	case Checksum:
		return sum(r, b)
	default:
		r.Class = wire.Malformed
		r.Problem = "unknown protocol " + strconv.QuoteToASCII(proto) + ", want asap, enrp or checksum"
		return r
	}
	return r.told(b, err)
}

// Read is Describe for who encodes nothing: without Reencoded, Reply and ReplyParam,
// and so without the code that makes them. proto is ENRP or else ASAP.
func Read(proto string, b []byte) Result {
	var err error
	if proto == ENRP {
		_, err = enrp.Parse(b)
	} else {
		_, err = asap.Parse(b)
	}
	return Result{Proto: proto}.told(b, err)
}

// told adds the tree, and what came of parsing b.
func (r Result) told(b []byte, err error) Result {
	if r.Class = wire.ClassOf(err); err != nil {
		r.Problem = err.Error()
	}
	r.Message = message(r.Proto, b)
	if r.Problem != "" {
		r.Message.add(text("problem", r.Problem))
	}
	return r
}

// Guess tells as which protocol b makes more sense; ASAP if as both.
func Guess(b []byte) string {
	_, asASAP := asap.Parse(b)
	_, asENRP := enrp.Parse(b)
	if wire.ClassOf(asENRP) < wire.ClassOf(asASAP) {
		return ENRP
	}
	return ASAP
}

// sum shows the sum of the blocks' 16-bit words, what it folds to, and the
// parameter that carries the complement.
func sum(r Result, blocks []byte) Result {
	var raw uint64
	for i, v := range blocks {
		raw += uint64(v) << (8 * (1 - i%2))
	}
	digits := strconv.FormatUint(raw, 16)
	c := enrp.SumOf(blocks)
	r.Checksum = &c
	r.Message = Node{Kind: Object, Size: len(blocks), Nodes: []Node{
		text("raw_sum", "0x"+strings.Repeat("0", max(0, 8-len(digits)))+digits),
		text("folded_sum", (^c).String()),
		text("checksum", c.String()),
		text("param_hex", "000f0006"+c.String()[2:]+"0000"),
	}}
	return r
}
