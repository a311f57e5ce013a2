package enrp

import "rserpool/registrar/wire"

// Decoder reads messages as [Parse] does, one after the other, into memory that
// it uses again. In the steady state it allocates nothing but what is rare: error
// causes, unknown parameters, opaque and DCCP transports, the data of
// unknown policies, and errors. What it holds is bounded by about a megabyte and
// a half. The zero value is ready to use; do not copy a Decoder that was used.
type Decoder struct {
	reader              wire.Reader
	presence            Presence
	handleTableRequest  HandleTableRequest
	handleTableResponse HandleTableResponse
	handleUpdate        HandleUpdate
	listRequest         ListRequest
	listResponse        ListResponse
	initTakeover        InitTakeover
	initTakeoverAck     InitTakeoverAck
	takeoverServer      TakeoverServer
	failure             Error
	hold                Hold
	holdAck             HoldAck
}

// Decode reads the message at the start of b. It gives what Parse gives, with
// two differences. Decoded.Message is a pointer, so that a type switch names
// *HandleUpdate, not HandleUpdate. And the message, its lists and the
// addresses in them are good until the next Decode alone: copy what is to be kept
// longer. Pool handles and other strings may be kept.
func (d *Decoder) Decode(b []byte) (Decoded, error) {
	h, msg, err := wire.ParseHeader(b)
	if err != nil {
		return Decoded{Header: h}, err
	}
	d.reader.Reuse(MessageType(h.Type).String(), msg[4:])
	ids := readIDs(&d.reader)
	return decoded(h, msg, ids, &d.reader, d.read(h, ids))
}

// read is the function read with the memory of d.
func (d *Decoder) read(h wire.Header, ids IDs) Message {
	r := &d.reader
	switch MessageType(h.Type) {
	case TypePresence:
		d.presence = readPresence(r, h.Flags, ids)
		return &d.presence
	case TypeHandleTableRequest:
		d.handleTableRequest = readHandleTableRequest(h.Flags, ids)
		return &d.handleTableRequest
	case TypeHandleTableResponse:
		d.handleTableResponse = readHandleTableResponse(r, h.Flags, ids, d.handleTableResponse.Pools[:0])
		return &d.handleTableResponse
	case TypeHandleUpdate:
		d.handleUpdate = readHandleUpdate(r, h.Flags, ids)
		return &d.handleUpdate
	case TypeListRequest:
		d.listRequest = ListRequest{ids}
		return &d.listRequest
	case TypeListResponse:
		d.listResponse = readListResponse(r, h.Flags, ids, d.listResponse.Servers[:0])
		return &d.listResponse
	case TypeInitTakeover:
		d.initTakeover = InitTakeover{readTakeover(r, ids)}
		return &d.initTakeover
	case TypeInitTakeoverAck:
		d.initTakeoverAck = InitTakeoverAck{readTakeover(r, ids)}
		return &d.initTakeoverAck
	case TypeTakeoverServer:
		d.takeoverServer = TakeoverServer{readTakeover(r, ids)}
		return &d.takeoverServer
	case TypeError:
		d.failure = readError(r, ids)
		return &d.failure
	case TypeHold:
		d.hold = readHold(r, h.Flags, ids)
		return &d.hold
	case TypeHoldAck:
		d.holdAck = readHoldAck(r, h.Flags, ids)
		return &d.holdAck
	default:
		return nil
	}
}
