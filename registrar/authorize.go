package registrar

import (
	"fmt"
	"slices"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// What an association may do is decided in this file and nowhere else (RFC 5352
// section 9, RFC 5353 section 6, RFC 5355). All else asks it, before anything is
// kept, changed or told.
//
// Each mayNot function says why something is refused, and "" where it is not. A
// registrar that is not secured refuses nothing here: addresses are all that it
// has, and isSame in asap_registration.go is what it makes of them.

// mayNotJoin: only registrars reach the ENRP port of a secured one, and none that
// has this one's own ID. Anybody may reach the ASAP port, and is judged by what it
// asks for.
func (r *Registrar) mayNotJoin(a *association) (why string) {
	c := &a.credential
	switch {
	case !r.cfg.Secured || a.protocol != ENRP:
		return ""
	case c.Role != RoleRegistrar || c.Server == 0:
		return c.String() + " is no registrar"
	case c.Server == r.id:
		return c.String() + " has the ID of this registrar"
	}
	return ""
}

// mayNotSpeakAs: a registrar speaks for itself only.
func (r *Registrar) mayNotSpeakAs(a *association, id wire.ServerID) (why string) {
	if !r.cfg.Secured || a.credential.Role == RoleRegistrar && a.credential.Server == id && id != 0 {
		return ""
	}
	return fmt.Sprintf("%v is not %v", a.credential, id)
}

// mayNotBeElement: only elements register, and only such that have a name, by
// which they are known again.
func (r *Registrar) mayNotBeElement(a *association) (why string) {
	if !r.cfg.Secured || a.credential.Role == RoleElement && a.credential.Name != "" {
		return ""
	}
	return a.credential.String() + " is no pool element"
}

// mayNotBe: an element is in the pools and has the identifiers that its credential
// allows, and is itself: owner, whoever has the identifier now, "" where that is not
// known, is nobody else.
func (r *Registrar) mayNotBe(a *association, ref handlespace.Ref, owner string) (why string) {
	if why := r.mayNotBeElement(a); why != "" || !r.cfg.Secured {
		return why
	}
	c := &a.credential
	switch {
	case !c.AnyPool && !slices.Contains(c.Pools, ref.Handle):
		return c.String() + " may not be in this pool"
	case len(c.Elements) > 0 && !slices.Contains(c.Elements, ref.ID):
		return fmt.Sprintf("%v may not be %v", c, ref.ID)
	case owner != "" && owner != c.Name:
		return fmt.Sprintf("%v is not %q, whose identifier it is", c, owner)
	}
	return ""
}

// identity is the name by which an element is known again whatever its address
// is; "" where names prove nothing.
func (r *Registrar) identity(a *association) string {
	if !r.cfg.Secured {
		return ""
	}
	return a.credential.Name
}

// mayNotAsk: whoever has a secured way to here may resolve and subscribe, and so
// may all others if the operator wants that (RFC 5352 section 9.3).
func (r *Registrar) mayNotAsk(a *association) (why string) {
	if !r.cfg.Secured || r.cfg.PlainUsers || a.credential.Role != RoleUnsecured {
		return ""
	}
	return "answers go over secured associations only"
}

// mayNotReport: reports remove elements, so nobody reports in clear, where
// everybody could.
func (r *Registrar) mayNotReport(a *association) (why string) {
	if !r.cfg.Secured || a.credential.Role != RoleUnsecured {
		return ""
	}
	return "reports count over secured associations only"
}

// mayNotStay: those who have proven nothing leave half of the places to those
// who have.
func (r *Registrar) mayNotStay(a *association) (why string) {
	if limit := r.cfg.Limits.Associations / 2; !a.opened && r.isStranger(a) && r.strangers >= limit && !r.giveWay(true) {
		return r.hit(LimitUnproven, fmt.Sprintf("the limit of %d associations without a credential is reached", limit))
	}
	return ""
}

// isStranger reports whether the other end has proven nothing that is demanded.
func (r *Registrar) isStranger(a *association) bool {
	return r.cfg.Secured && (a.credential.Role == RoleUnsecured || a.credential.Role == RoleAnonymous)
}
