package registrar

import (
	"cmp"
	"slices"

	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
)

// probeElement asks an element for a sign of life at an operator's wish. Its
// acknowledgement, or its removal for want of one, is the outcome.
func (r *Registrar) probeElement(ev ProbeElement) {
	ref := handlespace.Ref{Handle: ev.Handle, ID: ev.ID}
	e, known := r.space.Element(ev.Handle, ev.ID)
	switch {
	case !known:
		r.answer(ev.Request, AskUnknown, 0, "no such element is known here")
		return
	case e.HomeServer != r.id:
		r.effect(Answered{Request: ev.Request, Outcome: AskElsewhere, HomeServer: e.HomeServer, Text: "only its home registrar asks it"})
		return
	case r.phase == feed.Draining:
		r.answer(ev.Request, AskNotNow, 0, "this registrar is stopping")
		return
	}
	el := r.owned(ref)
	switch {
	case el.via == 0 && len(r.callAddress(el).Addrs) == 0:
		r.answer(ev.Request, AskNotNow, 0, "it has told no place where it could be asked")
	case len(r.records.probes[r.records.number(el)]) >= maxAsked:
		r.answer(ev.Request, AskNotNow, 0, "others wait for an answer of it already")
	default:
		number := r.records.number(el)
		r.records.probes[number] = append(r.records.probes[number], asked{ev.Request, r.now})
		r.noteElement(Info, "operator.probe", ref, r.id, byOperator, "asked whether it lives")
		r.probe(el)
	}
}

// elementAnswered gives the wishes about an element their outcome: it lives.
func (r *Registrar) elementAnswered(el *element) {
	r.endElementProbes(el, Answered{Outcome: AskDone, HomeServer: r.id, Text: "acknowledged"})
}

// elementEnded gives them theirs where its record ends: it is gone, or at another home.
func (r *Registrar) elementEnded(el *element, ref handlespace.Ref) {
	if len(r.records.probes) == 0 { // as nearly always: elements end by the thousand
		return
	}
	if e, known := r.space.Find(ref.Handle, ref.ID); known {
		r.endElementProbes(el, Answered{Outcome: AskElsewhere, HomeServer: e.HomeServer(), Text: "it has another home registrar now"})
		return
	}
	r.endElementProbes(el, Answered{Outcome: AskSilent, Text: "it has not answered, or has left, and is removed"})
}

func (r *Registrar) endElementProbes(el *element, with Answered) {
	if len(r.records.probes) == 0 {
		return
	}
	number := r.records.number(el)
	list := r.records.probes[number]
	delete(r.records.probes, number)
	for _, a := range list {
		with.Request, with.After = a.request, r.now.Sub(a.since)
		r.effect(with)
	}
}

// endAllElementProbes gives all wishes their outcome as this registrar stops.
func (r *Registrar) endAllElementProbes() {
	var list []asked
	for _, of := range r.records.probes {
		list = append(list, of...)
	}
	slices.SortFunc(list, func(a, b asked) int { return cmp.Compare(a.request, b.request) })
	for _, a := range list {
		r.answer(a.request, AskNotNow, r.now.Sub(a.since), "this registrar is stopping")
	}
	clear(r.records.probes)
}
