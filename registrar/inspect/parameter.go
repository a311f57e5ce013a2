package inspect

import (
	"net/netip"
	"strconv"

	"rserpool/registrar/wire"
)

// maxDepth bounds the nesting that is shown; valid messages have three levels.
// What lies deeper is shown as bytes, so that containers nested thousands of
// times cost no more than their input.
const maxDepth = 8

// parameterName names the parameters that the codec knows.
func parameterName(t wire.ParameterType) string {
	switch t {
	case wire.TypeIPv4Address:
		return "ipv4_address"
	case wire.TypeIPv6Address:
		return "ipv6_address"
	case wire.TypeDCCPTransport:
		return "dccp_transport"
	case wire.TypeSCTPTransport:
		return "sctp_transport"
	case wire.TypeTCPTransport:
		return "tcp_transport"
	case wire.TypeUDPTransport:
		return "udp_transport"
	case wire.TypeUDPLiteTransport:
		return "udp_lite_transport"
	case wire.TypePolicy:
		return "policy"
	case wire.TypePoolHandle:
		return "pool_handle"
	case wire.TypePoolElement:
		return "pool_element"
	case wire.TypeServerInformation:
		return "server_information"
	case wire.TypeOperationError:
		return "operation_error"
	case wire.TypeCookie:
		return "cookie"
	case wire.TypePEIdentifier:
		return "pe_identifier"
	case wire.TypePEChecksum:
		return "pe_checksum"
	case wire.TypeOpaqueTransport:
		return "opaque_transport"
	case wire.TypeResolutionItems:
		return "handle_resolution_option(private)"
	default:
		return "unknown"
	}
}

// parameter describes one parameter with what is inside it.
func (t tlv) parameter(key string, depth int) Node {
	name := parameterName(t.typ())
	n := Node{Key: key, Kind: Object, Offset: t.at, Size: len(t.b)}
	n.add(text("param", name), t.hex("type", 0, 2), t.number("length", 2, 2))
	if name == "unknown" {
		n.Nodes[0].Note = unknownRule(t.typ())
	}
	if fields, ok := t.fields(depth); ok {
		n.add(fields...)
	} else {
		n.add(t.value().raw("value_hex"))
	}
	return n
}

// unknownRule is what the action bits ask of a receiver (RFC 5354 section 3).
func unknownRule(t wire.ParameterType) string {
	words := "skip it"
	if t.Stops() {
		words = "drop the message"
	}
	if t.Reports() {
		words += " and report"
	}
	return words
}

// fields are those of a parameter that is known, long enough and not too deep.
func (t tlv) fields(depth int) ([]Node, bool) {
	if depth >= maxDepth {
		return nil, false
	}
	v := t.value()
	switch typ := t.typ(); typ {
	case wire.TypePoolHandle:
		handle := v.raw("handle_hex")
		handle.Note = printable(v.b)
		return []Node{handle, number("pad", wire.Padded(len(t.b))-len(t.b))}, true
	case wire.TypeCookie:
		return []Node{v.raw("cookie_hex")}, true
	case wire.TypeOpaqueTransport:
		return []Node{v.raw("data_hex")}, true
	case wire.TypePEIdentifier:
		return fixedField(v, 4, part.hex, "pe_id")
	case wire.TypePEChecksum:
		return fixedField(v, 2, part.hex, "checksum")
	case wire.TypeResolutionItems:
		return fixedField(v, 4, part.number, "items")
	case wire.TypeIPv4Address, wire.TypeIPv6Address:
		a, ok := t.address()
		return []Node{a.keyed("address")}, ok
	case wire.TypePolicy:
		return memberSelection(v)
	case wire.TypeOperationError:
		return causes(v), true
	case wire.TypePoolElement:
		return poolElement(v, depth)
	case wire.TypeServerInformation:
		return serverInformation(v, depth)
	default:
		if typ.IsTransport() {
			return transport(typ, v, depth)
		}
		return nil, false
	}
}

// fixedField is the one field of a parameter whose value has exactly n bytes.
func fixedField(v part, n int, show func(part, string, int, int) Node, key string) ([]Node, bool) {
	if len(v.b) != n {
		return nil, false
	}
	return []Node{show(v, key, 0, n)}, true
}

// address reads an address parameter of the right length.
func (t tlv) address() (Node, bool) {
	a, ok := netip.AddrFromSlice(t.value().b)
	if !ok || a.Is4() != (t.typ() == wire.TypeIPv4Address) {
		return Node{}, false
	}
	return Node{Kind: Text, Value: a.String(), Offset: t.at, Size: len(t.b)}, true
}

func (n Node) keyed(key string) Node {
	n.Key = key
	return n
}

// transport shows port, use or reserved, and addresses of the transports that
// have them.
func transport(typ wire.ParameterType, v part, depth int) ([]Node, bool) {
	fixed := 4
	if typ == wire.TypeDCCPTransport {
		fixed = 8
	}
	if len(v.b) < fixed {
		return nil, false
	}
	use := "reserved"
	if typ == wire.TypeSCTPTransport {
		use = "transport_use"
	}
	fields := []Node{v.number("port", 0, 2), v.number(use, 2, 2)}
	if typ == wire.TypeDCCPTransport {
		fields = append(fields, v.hex("service_code", 4, 4))
	}
	addresses := Node{Key: "addresses", Kind: List}
	inner, rest := v.from(fixed).split()
	var others []tlv
	for _, t := range inner {
		known := t.typ() == wire.TypeIPv4Address || t.typ() == wire.TypeIPv6Address
		if a, ok := t.address(); ok && known {
			addresses.add(a)
		} else {
			others = append(others, t)
		}
	}
	return leftovers(append(fields, addresses), others, rest, depth), true
}

// poolElement shows the transport in front of the policy as the user's and the
// one behind it as ASAP's.
func poolElement(v part, depth int) ([]Node, bool) {
	const fixed = 12
	if len(v.b) < fixed {
		return nil, false
	}
	life := v.number("registration_life", 8, 4)
	if u, err := strconv.ParseUint(life.Value, 10, 32); err == nil {
		life.Value = strconv.Itoa(int(int32(u))) //nolint:gosec // two's complement on purpose
	}
	if life.Value == "-1" {
		life.Note = "infinite"
	}
	fields := []Node{v.hex("pe_id", 0, 4), v.hex("home_enrp_server_id", 4, 4), life}
	inner, rest := v.from(fixed).split()
	slots := [3]Node{{Key: "user_transport"}, {Key: "policy"}, {Key: "asap_transport"}}
	var others []tlv
	for next, i := 0, 0; i < len(inner); i++ {
		t := inner[i]
		slot := -1
		switch {
		case t.typ() == wire.TypePolicy && next <= 1:
			slot = 1
		case t.typ().IsTransport() && next != 1:
			slot = next
		}
		if slot < 0 || slot >= len(slots) {
			others = append(others, t)
			continue
		}
		slots[slot], next = t.parameter(slots[slot].Key, depth+1), slot+1
	}
	return leftovers(append(fields, slots[:]...), others, rest, depth), true
}

func serverInformation(v part, depth int) ([]Node, bool) {
	const fixed = 4
	if len(v.b) < fixed {
		return nil, false
	}
	where := Node{Key: "server_transport"}
	inner, rest := v.from(fixed).split()
	var others []tlv
	for _, t := range inner {
		if t.typ().IsTransport() && where.Kind == Null {
			where = t.parameter(where.Key, depth+1)
		} else {
			others = append(others, t)
		}
	}
	return leftovers([]Node{v.hex("server_id", 0, 4), where}, others, rest, depth), true
}

func causes(v part) []Node {
	list := Node{Key: "causes", Kind: List}
	inner, rest := v.split()
	for _, c := range inner {
		code := c.hex("cause", 0, 2)
		code.Note = wire.CauseCode(c.typ()).Words()
		n := Node{Kind: Object, Offset: c.at, Size: len(c.b)}
		n.add(code, c.number("length", 2, 2), c.value().raw("info_hex"))
		list.add(n)
	}
	return leftovers([]Node{list}, nil, rest, 0)
}

// leftovers adds what had no place in the layout: unknown or unexpected
// parameters, and bytes whose framing is broken. Both are left out where there
// are none.
func leftovers(fields []Node, others []tlv, rest part, depth int) []Node {
	if len(others) > 0 {
		list := Node{Key: "others", Kind: List}
		for _, t := range others {
			list.add(t.parameter("", depth+1))
		}
		fields = append(fields, list)
	}
	if len(rest.b) > 0 {
		fields = append(fields, rest.raw("broken_hex"))
	}
	return fields
}

// printable gives bytes that are plain ASCII as a quoted text, others as "".
func printable(b []byte) string {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return strconv.Quote(string(b))
}
