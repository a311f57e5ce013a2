package endpoint_test

import (
	"fmt"
	"strings"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// text shows an effect in one line.
func (w *world) text(effect endpoint.Effect) string {
	switch f := effect.(type) {
	case endpoint.Dial:
		s := fmt.Sprintf("dial R%d", w.dials[f.ID])
		if f.To.Port != 3863 || f.To.UDPPort != 0 {
			s += fmt.Sprintf(" at %v", f.To)
		}
		return s
	case endpoint.CancelDial:
		return fmt.Sprintf("cancel R%d", w.dials[f.ID])
	case endpoint.Send:
		return fmt.Sprintf("R%d < %s", w.links[f.Association], w.sent(f.Data))
	case endpoint.Disconnect:
		verb := "close"
		if f.Abort {
			verb = "abort"
		}
		return fmt.Sprintf("%s R%d", verb, w.links[f.Association])
	case endpoint.HomeChanged:
		if f.Association == 0 {
			return "no home: " + f.Reason
		}
		return fmt.Sprintf("home R%d, server %v", w.links[f.Association], f.Server)
	case endpoint.NoServer:
		return f.Err.Error()
	case endpoint.ErrorReceived:
		return fmt.Sprintf("R%d reports %s", w.links[f.Association], endpoint.Describe(f.Causes))
	case endpoint.Reported:
		s := fmt.Sprintf("element %d: %v in %s as %v", f.Element, f.Kind, f.Handle, f.ID)
		if len(f.Causes) > 0 && f.Err == nil {
			s += ", warning: " + endpoint.Describe(f.Causes)
		}
		if f.Err != nil {
			s += ", " + f.Err.Error()
		}
		return s
	case endpoint.Resolved:
		if f.Err != nil {
			return fmt.Sprintf("request %d: %v", f.Request, f.Err)
		}
		return fmt.Sprintf("request %d: %s by %s", f.Request, idsOf(f.Elements), policy.Spec(f.Policy))
	case endpoint.PoolChanged:
		if f.Err != nil {
			return fmt.Sprintf("pool %s: %v", f.Handle, f.Err)
		}
		return fmt.Sprintf("pool %s: %s by %s", f.Handle, idsOf(f.Elements), policy.Spec(f.Policy))
	default:
		w.t.Fatalf("unknown effect %T", f)
		return ""
	}
}

func idsOf(elements []wire.PoolElement) string {
	ids := make([]string, len(elements))
	for i, e := range elements {
		ids[i] = e.ID.String()
	}
	return strings.Join(ids, " ")
}

// sent shows what was sent. Everything sent must parse.
func (w *world) sent(b []byte) string {
	d, err := asap.Parse(b)
	if err != nil {
		w.t.Fatalf("sends %x: %v", b, err)
	}
	s := asap.MessageType(d.Type).String()
	switch m := d.Message.(type) {
	case asap.Registration:
		e := m.Element
		s += fmt.Sprintf(" %s %v life=%d %s", m.Handle, e.ID, e.Life, policy.Spec(e.Policy))
		for _, a := range e.UserTransport.Addresses {
			s += fmt.Sprintf(" %v:%d", a, e.UserTransport.Port)
		}
		if e.HomeServer != 0 || e.ASAPTransport.Present() {
			w.t.Fatalf("REGISTRATION with home %v and ASAP transport %v", e.HomeServer, e.ASAPTransport)
		}
	case asap.Deregistration:
		s += fmt.Sprintf(" %s %v", m.Handle, m.ID)
	case asap.HandleResolution:
		s += fmt.Sprintf(" %s", m.Handle)
		if m.Items != 0 {
			s += fmt.Sprintf(" items=%d", m.Items)
		}
		if m.Subscribe {
			s += " subscribe"
		}
	case asap.EndpointUnreachable:
		s += fmt.Sprintf(" %s %v", m.Handle, m.ID)
	case asap.EndpointKeepAliveAck:
		s += fmt.Sprintf(" %s %v", m.Handle, m.ID)
	case asap.Error:
		for _, c := range m.Causes {
			s += " " + c.Code.String()
		}
	default:
		w.t.Fatalf("a PE or PU does not send %T", m)
	}
	return s
}
