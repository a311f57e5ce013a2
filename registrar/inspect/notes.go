package inspect

import (
	"encoding/binary"
	"strconv"
	"strings"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// Weight says how much a note matters.
type Weight uint8

// The weights, the least first.
const (
	// Reading: the RFCs leave it open, or others do it so.
	Reading Weight = iota
	// Odd: a sender should not do that; it does no harm.
	Odd
	// Fault: the message, or what it asks for, is refused.
	Fault
)

// Note is something to know about a message, with the section that says so.
type Note struct {
	Weight Weight
	// Head is what it is, in few words; Text explains it.
	Head, Text string
	// Offset and Size are the bytes that it is about; Size 0 is the whole message.
	Offset, Size int
}

// Notes are what is to know about a described message, whose bytes b are, in the
// order of the bytes; what is about the whole comes first.
func Notes(r Result, b []byte) []Note {
	n := notes{proto: r.Proto, b: b}
	n.class(r)
	n.header(r.Message)
	n.walk(r.Message)
	return n.list
}

type notes struct {
	proto string
	b     []byte
	list  []Note
}

func (n *notes) add(w Weight, at Node, head, text string) {
	n.list = append(n.list, Note{w, head, text, at.Offset, at.Size})
}

// class tells what a receiver does with a message that it cannot use.
func (n *notes) class(r Result) {
	whole := Node{}
	switch r.Class {
	case wire.Malformed:
		n.add(Fault, whole, "Framing is broken", sentence(r.Problem)+" Nothing in it can be trusted (RFC 5354, sections 3 and 4).")
	case wire.Invalid:
		n.add(Fault, whole, "Refused content", sentence(r.Problem)+" The answer is an error with cause 0x0003 or a closer one (RFC 5354, section 3.12.4).")
	case wire.Discard:
		n.add(Fault, whole, "Dropped by a rule", sentence(r.Problem)+" The high bits of an unknown type say what to do with it (RFC 5354, sections 3 and 4).")
	case wire.OK:
	}
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// header looks at flags, length, and what is behind the message.
func (n *notes) header(m Node) {
	section := "RFC 5352, section 2.2"
	if n.proto == ENRP {
		section = "RFC 5353, section 2"
	}
	flags := m.Get("flags")
	switch {
	case strings.Contains(flags.Note, "without a meaning"):
		n.add(Odd, flags, "Flag without a meaning", "Senders leave it 0 and receivers ignore it ("+section+").")
	case strings.Contains(flags.Note, "private"):
		n.add(Reading, flags, "Takeover suggested", "RSPLIB's flag for an element that another registrar is to take over; no RFC has it.")
	}
	if reserved := m.Get("reserved"); reserved.Kind == Number && reserved.Value != "0" {
		n.add(Odd, reserved, "Reserved field is not zero", "Senders leave it 0 and receivers ignore it ("+section+").")
	}
	n.rejected(m)
	if n.proto == ASAP && m.Get("message_type").Value == strconv.Itoa(int(asap.TypeEndpointKeepAlive)) {
		for _, p := range m.Get("params").Nodes {
			if p.Get("param").Value == "pe_identifier" {
				n.add(Reading, p, "PE Identifier in a keep-alive", "RFC 5352, section 2.2.7, has none there; RSPLIB sends it, so that elements of one pool on one association can be told apart.")
			}
		}
	}
	if t := m.Get("trailing_hex"); t.Size > 0 {
		n.add(Odd, t, "Bytes behind the message", "They are not part of it and are ignored (RFC 5354, section 4).")
	}
	if len(n.b) >= headerLen {
		n.padded(m)
	}
}

// padded: Message Length leaves out the padding of the last parameter.
func (n *notes) padded(m Node) {
	params := m.Get("params").Nodes
	if len(params) == 0 {
		return
	}
	last := params[len(params)-1]
	end, length := last.Offset+last.Size, int(binary.BigEndian.Uint16(n.b[2:]))
	if end < length && length == wire.Padded(end) {
		n.add(Reading, m.Get("message_length"), "Length counts the final padding",
			"RFC 5354, sections 2 and 4, can be read both ways; this registrar leaves it out and accepts both.")
	}
}

// rejected: a response with R has its cause.
func (n *notes) rejected(m Node) {
	flags := m.Get("flags")
	if !strings.Contains(flags.Note, "R: reject") {
		return
	}
	for _, p := range m.Get("params").Nodes {
		if p.Get("param").Value == "operation_error" {
			return // the cause has a note of its own
		}
	}
	if n.proto == ENRP {
		n.add(Fault, flags, "Rejected", "The registrar asked cannot serve the request now (RFC 5353, section 3.2.2).")
		return
	}
	n.add(Fault, flags, "Rejected without a cause", "An error cause says why (RFC 5352, section 2.2.3).")
}

// walk looks at parameters and what is in them.
func (n *notes) walk(at Node) {
	if name := at.Get("param"); name.Kind == Text {
		n.parameter(at, name)
	}
	for _, child := range at.Nodes {
		if child.Key == "causes" {
			for _, c := range child.Nodes {
				n.cause(c)
			}
			continue
		}
		n.walk(child)
	}
}

func (n *notes) parameter(p, name Node) {
	typ := p.Get("type").Value
	switch name.Value {
	case "unknown":
		n.add(Odd, p, "Unknown parameter "+typ, "Its high bits ask to "+name.Note+" (RFC 5354, section 3).")
	case "handle_resolution_option(private)":
		n.add(Reading, p, "Number of elements wanted", "RFC 5356 speaks of a requested number, but RFC 5352, section 2.2.5, has no field for it; RSPLIB sends this parameter.")
	case "policy":
		v := p.Get("policy").Value
		if v != "" && p.Get("raw_hex").Kind == Text {
			n.add(Reading, p, "Policy beyond RFC 5356", "Type "+p.Get("policy_type").Value+" is not among those of RFC 5356, section 6, or its data has another length; it is passed on as it came.")
		}
	}
	if others := p.Get("others"); len(others.Nodes) > 0 && others.Nodes[0].Get("param").Value != "unknown" {
		n.add(Odd, others.Nodes[0], "Parameter out of place", "Its container has no field for it (RFC 5354, section 3).")
	}
	end := p.Offset + p.Size
	for i := end; i < min(wire.Padded(end), len(n.b)); i++ {
		if n.b[i] != 0 {
			n.add(Odd, Node{Offset: i, Size: min(wire.Padded(end), len(n.b)) - i}, "Padding is not zero",
				"Byte "+strconv.Itoa(i)+" is 0x"+wire.Hex(n.b[i:i+1])+", a sender has to write 0 (RFC 5354, section 3). Receivers ignore it, and so does this registrar.")
			break
		}
	}
}

// causeSections are the sections of RFC 5354 by cause: two are not in order.
var causeSections = [...]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "11", "10"}

func (n *notes) cause(c Node) {
	code := c.Get("cause")
	v, _ := strconv.ParseUint(strings.TrimPrefix(code.Value, "0x"), 16, 16)
	if int(v) >= len(causeSections) {
		n.add(Fault, c, "Error cause "+code.Value, "RFC 5354, section 3.12, does not define it; receivers take it for an unspecified error.")
		return
	}
	n.add(Fault, c, sentenceHead(code.Note), "Error cause "+code.Value+" (RFC 5354, section 3.12."+causeSections[v]+").")
}

func sentenceHead(s string) string { return strings.TrimSuffix(sentence(s), ".") }

// Answer is the name of the message that answers a described request, "" where it
// is none: a PRESENCE is one only if it requires a reply (RFC 5353, section 2.1).
func Answer(m Node) string {
	switch name := m.Get("name").Value; name {
	case "REGISTRATION", "DEREGISTRATION", "HANDLE_RESOLUTION":
		return name + "_RESPONSE"
	case "ENDPOINT_KEEP_ALIVE", "INIT_TAKEOVER":
		return name + "_ACK"
	case "HANDLE_TABLE_REQUEST":
		return "HANDLE_TABLE_RESPONSE"
	case "LIST_REQUEST":
		return "LIST_RESPONSE"
	case "PRESENCE":
		if m.Get("flags").Note != "" {
			return name
		}
	}
	return ""
}
