package registrar

import (
	"fmt"
	"strings"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// receiveASAP takes one message of a pool element or user.
func (r *Registrar) receiveASAP(a *association, data []byte, shed bool) {
	d, err := r.asap.Decode(data)
	if reply := d.Reply(); reply != nil {
		r.send(a, reply)
	}
	class := wire.ClassOf(err)
	if class == wire.Discard || class == wire.Malformed {
		r.discarded(a, reasonOf(class), err.Error())
		return
	}
	var invalid *wire.Error
	if class == wire.Invalid {
		r.discarded(a, DiscardInvalid, err.Error())
		invalid, _ = err.(*wire.Error) //nolint:errorlint // parsers return it unwrapped
	}
	switch m := d.Message.(type) {
	case *asap.Registration:
		r.registration(a, *m, invalid)
	case *asap.Deregistration:
		r.deregistration(a, *m, invalid)
	case *asap.HandleResolution:
		r.handleResolution(a, *m, invalid, shed)
	case *asap.EndpointKeepAliveAck:
		if invalid == nil {
			r.keepAliveAck(a, *m)
		}
	case *asap.EndpointUnreachable:
		if invalid == nil {
			r.endpointUnreachable(a, *m)
		}
	case *asap.Error:
		if invalid == nil {
			r.discarded(a, DiscardError, "ASAP_ERROR received: "+causeText(m.Causes))
		}
	default:
		r.discarded(a, DiscardUnexpected, "ASAP "+asap.MessageType(d.Type).String()+" is not for a registrar")
	}
}

// sendASAP sends a message that is known to fit.
func (r *Registrar) sendASAP(a *association, m asap.Message) {
	data, err := asap.Append(nil, m)
	if err != nil {
		r.discarded(a, DiscardUnsent, "ASAP "+m.Type().String()+" not sent: "+err.Error())
		return
	}
	r.send(a, data)
}

func causeText(causes []wire.Cause) string {
	const most = 8
	var text strings.Builder
	for i, c := range causes {
		if i == most {
			fmt.Fprintf(&text, " and %d more", len(causes)-most)
			break
		}
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(c.Code.String())
	}
	return text.String()
}

// invalidCause is what the sender of an invalid message is told.
func invalidCause(e *wire.Error) []wire.Cause { return []wire.Cause{e.Cause} }
