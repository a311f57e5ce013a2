package sim

import (
	"fmt"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// say writes a line about a host.
func (s *Scope) say(h *host, what string) {
	if s.cfg.Transcript != nil {
		s.cfg.Transcript(fmt.Sprintf("%12.6fs %-4s %s", s.now.Seconds(), h.name(), what))
	}
}

// noted writes what a registrar wants to be known.
func (s *Scope) noted(h *host, n registrar.Noted) {
	if s.cfg.Transcript == nil || n.Level == registrar.Debug && n.Name != "message.discarded" {
		return
	}
	text := n.Name
	if n.Server != 0 {
		text += " " + s.who(uint32(n.Server))
	}
	if n.Handle != "" {
		text += fmt.Sprintf(" %s/%d", n.Handle, uint32(n.Element))
	}
	s.say(h, text+": "+n.Text)
}

// who is a server ID with the name of its host.
func (s *Scope) who(id uint32) string {
	if l := s.lives[wire.ServerID(id)]; l != nil {
		return fmt.Sprintf("%s(%08x)", l.host.name(), id)
	}
	return fmt.Sprintf("%08x", id)
}

// sayMessage writes what is sent, but for the chatter of elements that live.
func (s *Scope) sayMessage(from *end, data []byte) {
	if s.cfg.Transcript == nil {
		return
	}
	text := ""
	if from.link.pair.protocol == registrar.ENRP {
		d, err := enrp.Parse(data)
		text = s.enrpText(d.Message)
		if err != nil {
			text = err.Error()
		}
	} else {
		d, err := asap.Parse(data)
		text = asapText(d.Message)
		if err != nil {
			text = err.Error()
		}
	}
	s.say(from.host, fmt.Sprintf("-> %s %s", from.other().host.name(), text))
}

func (s *Scope) enrpText(message enrp.Message) string {
	switch m := message.(type) {
	case nil:
		return "nothing"
	case enrp.Presence:
		reply := ""
		if m.ReplyRequired {
			reply = " R"
		}
		return fmt.Sprintf("PRESENCE%s %v", reply, m.Checksum)
	case enrp.HandleUpdate:
		return fmt.Sprintf("HANDLE_UPDATE %v %s/%d home %s", [...]string{"ADD", "DEL"}[m.Action&1], m.Handle, uint32(m.Element.ID), s.who(uint32(m.Element.HomeServer)))
	case enrp.HandleTableResponse:
		n := 0
		for _, p := range m.Pools {
			n += len(p.Elements)
		}
		return fmt.Sprintf("HANDLE_TABLE_RESPONSE %d elements, reject %v, more %v", n, m.Reject, m.More)
	case enrp.HandleTableRequest:
		return fmt.Sprintf("HANDLE_TABLE_REQUEST own %v", m.OwnOnly)
	case enrp.InitTakeover:
		return "INIT_TAKEOVER " + s.who(uint32(m.Target))
	case enrp.InitTakeoverAck:
		return "INIT_TAKEOVER_ACK " + s.who(uint32(m.Target))
	case enrp.TakeoverServer:
		return "TAKEOVER_SERVER " + s.who(uint32(m.Target))
	default:
		return m.Type().String()
	}
}

func asapText(message asap.Message) string {
	switch m := message.(type) {
	case nil:
		return "nothing"
	case asap.Registration:
		return fmt.Sprintf("REGISTRATION %s/%d", m.Handle, uint32(m.Element.ID))
	case asap.RegistrationResponse:
		return fmt.Sprintf("REGISTRATION_RESPONSE %s/%d reject %v", m.Handle, uint32(m.ID), m.Reject)
	case asap.EndpointKeepAlive:
		return fmt.Sprintf("ENDPOINT_KEEP_ALIVE %s home %v", m.Handle, m.Home)
	case asap.EndpointKeepAliveAck:
		return fmt.Sprintf("ENDPOINT_KEEP_ALIVE_ACK %s/%d", m.Handle, uint32(m.ID))
	case asap.Deregistration:
		return fmt.Sprintf("DEREGISTRATION %s/%d", m.Handle, uint32(m.ID))
	default:
		return m.Type().String()
	}
}
