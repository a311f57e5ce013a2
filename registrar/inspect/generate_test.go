package inspect_test

import (
	"net/netip"

	"pgregory.net/rapid"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Generators of values that a message can carry and bring back unchanged.

func blob(t *rapid.T) []byte { return rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "bytes") }

func u32(t *rapid.T) uint32 { return rapid.Uint32().Draw(t, "u32") }

func flag(t *rapid.T) bool { return rapid.Bool().Draw(t, "flag") }

func poolHandle(t *rapid.T) wire.PoolHandle { return wire.PoolHandle(blob(t)) }

func few[T any](t *rapid.T, least int, one func(*rapid.T) T) (list []T) {
	for range rapid.IntRange(least, least+3).Draw(t, "count") {
		list = append(list, one(t))
	}
	return list
}

func address(t *rapid.T) netip.Addr {
	if flag(t) {
		return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
	}
	return netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6")))
}

func sctpTransport(t *rapid.T) wire.Transport {
	return wire.Transport{
		Type: wire.TypeSCTPTransport, Port: rapid.Uint16().Draw(t, "port"),
		Use: wire.TransportUse(rapid.Uint16Range(0, 1).Draw(t, "use")), Addresses: few(t, 1, address),
	}
}

func anyTransport(t *rapid.T) wire.Transport {
	typ := rapid.SampledFrom([]wire.ParameterType{
		wire.TypeDCCPTransport, wire.TypeSCTPTransport, wire.TypeTCPTransport,
		wire.TypeUDPTransport, wire.TypeUDPLiteTransport, wire.TypeOpaqueTransport,
	}).Draw(t, "transport")
	switch typ {
	case wire.TypeSCTPTransport:
		return sctpTransport(t)
	case wire.TypeOpaqueTransport:
		return wire.Transport{Type: typ, Opaque: string(blob(t))}
	}
	out := wire.Transport{Type: typ, Port: rapid.Uint16().Draw(t, "port"), Addresses: []netip.Addr{address(t)}}
	if typ == wire.TypeDCCPTransport {
		out.ServiceCode = u32(t)
	}
	return out
}

func anyPolicy(t *rapid.T) wire.Policy {
	p := wire.Policy{Type: rapid.SampledFrom([]wire.PolicyType{
		wire.RoundRobin, wire.WeightedRoundRobin, wire.Random, wire.WeightedRandom, wire.Priority,
		wire.LeastUsed, wire.LeastUsedDegradation, wire.PriorityLeastUsed, wire.RandomizedLeastUsed,
		6, 0x40000005, 0x80000000, 0xb0002003, 0xffffffff,
	}).Draw(t, "policy")}
	switch p.Type {
	case wire.RoundRobin, wire.Random:
	case wire.WeightedRoundRobin, wire.WeightedRandom:
		p.Weight = u32(t)
	case wire.Priority:
		p.Priority = u32(t)
	case wire.LeastUsed, wire.RandomizedLeastUsed:
		p.Load = u32(t)
	case wire.LeastUsedDegradation, wire.PriorityLeastUsed:
		p.Load, p.Degradation = u32(t), u32(t)
	default:
		p.Raw = string(blob(t))
	}
	return p
}

func poolElement(t *rapid.T) wire.PoolElement {
	e := wire.PoolElement{
		ID: wire.PEIdentifier(u32(t)), HomeServer: wire.ServerID(u32(t)), Life: wire.RegistrationLife(rapid.Int32().Draw(t, "life")),
		UserTransport: anyTransport(t), Policy: anyPolicy(t),
	}
	if flag(t) {
		e.ASAPTransport = sctpTransport(t)
	}
	return e
}

func optionalPolicy(t *rapid.T) wire.Policy {
	if flag(t) {
		return wire.Policy{}
	}
	return anyPolicy(t)
}

func cause(t *rapid.T) wire.Cause {
	return wire.Cause{Code: wire.CauseCode(rapid.Uint16().Draw(t, "code")), Info: blob(t)}
}

func information(t *rapid.T) wire.ServerInformation {
	return wire.ServerInformation{ID: wire.ServerID(u32(t)), Transport: sctpTransport(t)}
}

func announced(t *rapid.T) wire.Transport {
	tr := sctpTransport(t)
	if flag(t) {
		tr.Type, tr.Use, tr.Addresses = wire.TypeTCPTransport, 0, tr.Addresses[:1]
	}
	return tr
}

func registered(t *rapid.T) asap.Registration {
	m := asap.Registration{Handle: poolHandle(t) + "x", Element: poolElement(t)}
	m.Element.ID |= 1
	if m.Element.Life <= 0 {
		m.Element.Life = wire.InfiniteLife
	}
	return m
}

func asapMessage(t *rapid.T) asap.Message {
	h, id := poolHandle(t), wire.PEIdentifier(u32(t))
	switch typ := asap.MessageType(rapid.Uint8Range(1, 14).Draw(t, "type")); typ {
	case asap.TypeRegistration:
		return registered(t)
	case asap.TypeDeregistration:
		return asap.Deregistration{Handle: h, ID: id}
	case asap.TypeRegistrationResponse:
		return asap.RegistrationResponse{Reject: flag(t), Handle: h, ID: id, Causes: few(t, 0, cause)}
	case asap.TypeDeregistrationResponse:
		return asap.DeregistrationResponse{Handle: h, ID: id, Causes: few(t, 0, cause)}
	case asap.TypeHandleResolution:
		return asap.HandleResolution{Subscribe: flag(t), Handle: h, Items: u32(t)}
	case asap.TypeHandleResolutionResponse:
		return asap.HandleResolutionResponse{
			Accepted: flag(t), Handle: h, Policy: optionalPolicy(t), Elements: few(t, 0, poolElement), Causes: few(t, 0, cause),
		}
	case asap.TypeEndpointKeepAlive:
		return asap.EndpointKeepAlive{Home: flag(t), Server: wire.ServerID(u32(t)), Handle: h, ID: id}
	case asap.TypeEndpointKeepAliveAck:
		return asap.EndpointKeepAliveAck{Handle: h, ID: id}
	case asap.TypeEndpointUnreachable:
		return asap.EndpointUnreachable{Handle: h, ID: id}
	case asap.TypeServerAnnounce:
		return asap.ServerAnnounce{Server: wire.ServerID(u32(t)), Transports: few(t, 0, announced)}
	case asap.TypeCookie:
		return asap.Cookie{Cookie: string(blob(t))}
	case asap.TypeCookieEcho:
		return asap.CookieEcho{Cookie: string(blob(t))}
	case asap.TypeBusinessCard:
		return asap.BusinessCard{Handle: h, Policy: optionalPolicy(t), Elements: few(t, 1, poolElement)}
	default:
		return asap.Error{Causes: few(t, 1, cause)}
	}
}

func pool(t *rapid.T) enrp.Pool {
	return enrp.Pool{Handle: poolHandle(t), Elements: few(t, 1, poolElement)}
}

func enrpMessage(t *rapid.T) enrp.Message {
	ids := enrp.IDs{Sender: wire.ServerID(u32(t)), Receiver: wire.ServerID(u32(t))}
	takeover := enrp.Takeover{IDs: ids, Target: wire.ServerID(u32(t))}
	switch typ := enrp.MessageType(rapid.Uint8Range(1, 10).Draw(t, "type")); typ {
	case enrp.TypePresence:
		m := enrp.Presence{IDs: ids, ReplyRequired: flag(t), HasChecksum: flag(t)}
		if m.HasChecksum {
			m.Checksum = wire.Checksum(u32(t))
		}
		if flag(t) {
			m.Information = information(t)
		}
		return m
	case enrp.TypeHandleTableRequest:
		return enrp.HandleTableRequest{IDs: ids, OwnOnly: flag(t)}
	case enrp.TypeHandleTableResponse:
		m := enrp.HandleTableResponse{IDs: ids, Reject: flag(t), More: flag(t)}
		if !m.Reject {
			m.Pools = few(t, 0, pool)
		}
		return m
	case enrp.TypeHandleUpdate:
		return enrp.HandleUpdate{
			IDs: ids, Action: enrp.Action(rapid.Uint16Range(0, 1).Draw(t, "action")), Handle: poolHandle(t), Element: poolElement(t),
			TakeoverSuggested: flag(t),
		}
	case enrp.TypeListRequest:
		return enrp.ListRequest{IDs: ids}
	case enrp.TypeListResponse:
		m := enrp.ListResponse{IDs: ids, Reject: flag(t)}
		if !m.Reject {
			m.Servers = few(t, 0, information)
		}
		return m
	case enrp.TypeInitTakeover:
		return enrp.InitTakeover{Takeover: takeover}
	case enrp.TypeInitTakeoverAck:
		return enrp.InitTakeoverAck{Takeover: takeover}
	case enrp.TypeTakeoverServer:
		return enrp.TakeoverServer{Takeover: takeover}
	default:
		return enrp.Error{IDs: ids, Causes: few(t, 1, cause)}
	}
}
