package sim

import "rserpool/registrar"

// credential is what a host proves of itself, if the registrars of the scope demand
// that (registrar.Config.Secured in Config.Registrar).
func (h *host) credential() registrar.Credential {
	c := registrar.Credential{Name: h.name()}
	switch {
	case h.member != nil:
		c.Role, c.Server = registrar.RoleRegistrar, h.member.id
	case h.carrier.user != nil:
		c.Role = registrar.RoleUser
	default:
		c.Role, c.AnyPool = registrar.RoleElement, true
	}
	return c
}

// checkRefusal: no element of the scope is refused for what it proves, for each is
// who it says.
func (s *Scope) checkRefusal(h *host, n registrar.Noted) {
	if !s.cfg.Registrar.Secured || n.Level != registrar.Warn {
		return
	}
	switch n.Name {
	case "element.refused", "deregistration.refused", "keepalive.refused":
		s.wrong(h, "takes %s/%d for somebody else: %s", n.Handle, uint32(n.Element), n.Text)
	}
}
