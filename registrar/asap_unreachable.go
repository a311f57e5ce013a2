package registrar

import (
	"fmt"

	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
)

// endpointUnreachable takes a pool user's report (RFC 5352 section 3.5): the
// element is asked at once, whoever its home is, and one that is reported too
// often is removed although it answers.
func (r *Registrar) endpointUnreachable(a *association, m asap.EndpointUnreachable) {
	if why := r.mayNotReport(a); why != "" {
		r.discarded(a, DiscardForbidden, why)
		return
	}
	if !a.reports.take(r.now, r.cfg.Limits.Reports) {
		r.discarded(a, DiscardLimit, r.hit(LimitReports, fmt.Sprintf("more than %d reports in a second over one association", r.cfg.Limits.Reports)))
		return
	}
	if r.phase != feed.Serving {
		r.discarded(a, DiscardUnexpected, "registrar is "+r.phase.String())
		return
	}
	r.counters.Reports++
	ref := handlespace.Ref{Handle: m.Handle, ID: m.ID}
	held, ok := r.space.Find(m.Handle, m.ID)
	if !ok {
		r.discarded(a, DiscardUnexpected, "report of an element that is not here")
		return
	}
	e := held.Element()
	who := r.reporterAt(a)
	users := r.reportedBy(who, held)
	reports, _ := r.space.Report(m.Handle, m.ID)
	r.noteElement(Info, "element.reported", ref, e.HomeServer, byUnreachable, fmt.Sprintf("report %d", reports))
	if most := r.cfg.MaxBadPEReport; users > most || reports > most && r.mayInsist(who, ref) {
		r.tally.Limits[LimitBadPEReport]++
		r.removeAnnounced(ref, byUnreachable, fmt.Sprintf("reported unreachable %d times", reports))
		return
	}
	if !e.ASAPTransport.Present() {
		r.showHealth(ref)
		return // cannot be asked
	}
	r.provoke(r.recordOf(ref, e.HomeServer))
	r.showHealth(ref)
}
