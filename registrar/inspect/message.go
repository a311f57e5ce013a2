package inspect

import (
	"encoding/binary"
	"strconv"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// fixedPart is one field between the header and the parameters of a message.
type fixedPart struct {
	key  string
	size int
}

const sending, receiving = "sending_server_id", "receiving_server_id"

var (
	serverID  = []fixedPart{{"server_id", 4}}
	addressed = []fixedPart{{sending, 4}, {receiving, 4}}
	update    = []fixedPart{{sending, 4}, {receiving, 4}, {"update_action", 2}, {"reserved", 2}}
	hold      = []fixedPart{{sending, 4}, {receiving, 4}, {"hold_id", 4}, {"milliseconds_left", 4}}
	holdAck   = []fixedPart{{sending, 4}, {receiving, 4}, {"hold_id", 4}, {"refused", 4}}
	takeover  = []fixedPart{{sending, 4}, {receiving, 4}, {"targeting_server_id", 4}}
)

// layout gives name, meaning of the flag bits and fixed part of a message type.
// An unknown type has no name.
func layout(proto string, typ byte) (name string, bits []string, fixed []fixedPart) {
	if proto == ASAP {
		return asapLayout(asap.MessageType(typ))
	}
	return enrpLayout(enrp.MessageType(typ))
}

func asapLayout(t asap.MessageType) (name string, bits []string, fixed []fixedPart) {
	switch t {
	case asap.TypeRegistrationResponse:
		bits = []string{"R: reject"}
	case asap.TypeHandleResolution:
		bits = []string{"S: send updates"}
	case asap.TypeHandleResolutionResponse:
		bits = []string{"A: updates accepted"}
	case asap.TypeEndpointKeepAlive:
		bits, fixed = []string{"H: home"}, serverID
	case asap.TypeServerAnnounce:
		fixed = serverID
	default:
	}
	return t.String(), bits, fixed
}

func enrpLayout(t enrp.MessageType) (name string, bits []string, fixed []fixedPart) {
	fixed = addressed
	switch t {
	case enrp.TypePresence:
		bits = []string{"reply required"}
	case enrp.TypeHandleTableRequest:
		bits = []string{"W: own elements only"}
	case enrp.TypeHandleTableResponse:
		bits = []string{"R: reject", "M: more"}
	case enrp.TypeListResponse:
		bits = []string{"R: reject"}
	case enrp.TypeHandleUpdate:
		bits, fixed = []string{"takeover suggested (private)"}, update
	case enrp.TypeInitTakeover, enrp.TypeInitTakeoverAck, enrp.TypeTakeoverServer:
		fixed = takeover
	case enrp.TypeHold:
		bits, fixed = []string{"E: ended (private)"}, hold
	case enrp.TypeHoldAck:
		bits, fixed = []string{"N: not honoured (private)"}, holdAck
	default:
	}
	return t.String(), bits, fixed
}

// message describes the message at the start of b as far as it goes.
func message(proto string, b []byte) Node {
	n := Node{Kind: Object, Size: len(b)}
	all := part{b, 0}
	if len(b) < headerLen {
		n.add(number("wire_bytes", len(b)))
		if len(b) > 0 {
			n.add(all.raw("broken_hex"))
		}
		return n
	}
	name, bits, fixed := layout(proto, b[0])
	typ, flags := all.number("message_type", 0, 1), all.hex("flags", 1, 1)
	typ.Note, flags.Note = name, bitNotes(bits, b[1])
	length := int(binary.BigEndian.Uint16(b[2:]))
	n.add(text("name", name), typ, flags, all.number("message_length", 2, 2), number("wire_bytes", len(b)))
	if length < headerLen {
		n.add(all.from(headerLen).raw("broken_hex"))
		return n
	}
	end := min(length, len(b))
	body := part{b[headerLen:end], headerLen}
	n.body(body, fixed, name != "UNKNOWN")
	if end = wire.Padded(end); end < len(b) {
		trailing := all.from(end).raw("trailing_hex")
		trailing.Note = "not part of the message"
		n.add(trailing)
	}
	return n
}

// body adds the fixed part and the parameters of a message. The body of an
// unknown message is taken for parameters only if all of it looks like some.
func (n *Node) body(body part, fixed []fixedPart, known bool) {
	for _, f := range fixed {
		if len(body.b) < f.size {
			n.add(body.raw("broken_hex"))
			return
		}
		if f.size == 4 {
			n.add(body.hex(f.key, 0, f.size))
		} else {
			n.add(body.number(f.key, 0, f.size))
		}
		body = body.from(f.size)
	}
	list, rest := body.split()
	switch {
	case len(rest.b) == 0:
		n.add(parameters(list))
	case known:
		n.add(parameters(list), rest.raw("broken_hex"))
	default:
		n.add(body.raw("value_hex"))
	}
}

func parameters(list []tlv) Node {
	n := Node{Key: "params", Kind: List}
	for _, t := range list {
		n.add(t.parameter("", 0))
	}
	return n
}

// bitNotes names the bits that are set, the lowest first.
func bitNotes(bits []string, flags byte) string {
	var note string
	for i := range 8 {
		if flags&(1<<i) == 0 {
			continue
		}
		if note != "" {
			note += ", "
		}
		if i < len(bits) {
			note += bits[i]
		} else {
			note += "bit " + strconv.Itoa(i) + " without a meaning"
		}
	}
	return note
}
