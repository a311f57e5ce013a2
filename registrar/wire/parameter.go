package wire

// ParameterType is the 16-bit type of a parameter (RFC 5354 section 3). Its two
// highest bits say what to do with a parameter whose type is not known; they
// are part of the number.
type ParameterType uint16

// The parameters of RFC 5354 section 3.
const (
	TypeIPv4Address       ParameterType = 0x0001
	TypeIPv6Address       ParameterType = 0x0002
	TypeDCCPTransport     ParameterType = 0x0003
	TypeSCTPTransport     ParameterType = 0x0004
	TypeTCPTransport      ParameterType = 0x0005
	TypeUDPTransport      ParameterType = 0x0006
	TypeUDPLiteTransport  ParameterType = 0x0007
	TypePolicy            ParameterType = 0x0008
	TypePoolHandle        ParameterType = 0x0009
	TypePoolElement       ParameterType = 0x000a
	TypeServerInformation ParameterType = 0x000b
	TypeOperationError    ParameterType = 0x000c
	TypeCookie            ParameterType = 0x000d
	TypePEIdentifier      ParameterType = 0x000e
	TypePEChecksum        ParameterType = 0x000f
	TypeOpaqueTransport   ParameterType = 0x0010
)

// TypeResolutionItems is a private parameter in deployment: how many pool
// elements a handle resolution asks for. It is known in that message only;
// elsewhere its action bits make a receiver skip it silently.
const TypeResolutionItems ParameterType = 0x803f

// String gives the type as 0x and four hex digits.
func (t ParameterType) String() string { return hex16(uint16(t)) }

// Known reports whether RFC 5354 defines the type.
func (t ParameterType) Known() bool { return t >= TypeIPv4Address && t <= TypeOpaqueTransport }

// IsTransport reports whether the type is one of the transport parameters.
func (t ParameterType) IsTransport() bool {
	return t >= TypeDCCPTransport && t <= TypeUDPLiteTransport || t == TypeOpaqueTransport
}

// role is what errors call a parameter that has others, or data, in it.
func (t ParameterType) role() string {
	switch t {
	case TypePolicy:
		return "policy"
	case TypePoolElement:
		return "pool element"
	case TypeServerInformation:
		return "server information"
	case TypeOperationError:
		return "operation error"
	default:
		return "transport " + t.String()
	}
}

// Stops reports whether an unknown parameter of this type ends the processing
// of its message (action bits 00 and 01).
func (t ParameterType) Stops() bool { return t&0x8000 == 0 }

// Reports reports whether the sender hears of an unknown parameter of this type
// (action bits 01 and 11).
func (t ParameterType) Reports() bool { return t&0x4000 != 0 }

// Raw is a parameter as it came, header and value, without its padding. It
// aliases the message it was read from.
type Raw struct {
	Type ParameterType
	// TLV is the whole parameter: type, length and value.
	TLV []byte
}

// Value is the parameter without its header.
func (r Raw) Value() []byte { return r.TLV[headerLen:] }

// headerLen is the size of the header of a message, parameter or error cause.
const headerLen = 4

// Padded rounds a length up to the 4-byte boundary that RFC 5354 sections 3
// and 4 ask for.
func Padded(n int) int { return (n + 3) &^ 3 }
