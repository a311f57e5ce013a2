package registrar

import (
	"errors"

	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// handleResolution answers an ASAP_HANDLE_RESOLUTION (RFC 5352 section 3.3). shed: it is
// refused, for there is too much to do.
func (r *Registrar) handleResolution(a *association, m asap.HandleResolution, invalid *wire.Error, shed bool) {
	switch why := r.mayNotAsk(a); {
	case why != "":
		r.unresolved(a, m.Handle, why, wire.Cause{Code: wire.CauseRejectedSecurity})
		return
	case invalid != nil:
		r.unresolved(a, m.Handle, "invalid request", invalid.Cause)
		return
	case r.phase == feed.Starting:
		r.unresolved(a, m.Handle, "registrar is starting", wire.Cause{Code: wire.CauseLackOfResources})
		return
	case shed:
		r.unresolved(a, m.Handle, "too much to do", wire.Cause{Code: wire.CauseLackOfResources})
		r.tally.Shed++
		return
	}
	items := r.resolveItems(m)
	policy, selected, ok := r.space.Resolve(m.Handle, items, r.selected[:0])
	r.selected = selected
	if !ok { // or all of it is without a home, and may be gone
		r.unresolved(a, m.Handle, "unknown pool", wire.Cause{Code: wire.CauseUnknownPoolHandle})
		return
	}
	data, err := r.resolution(m.Handle, policy, selected, m.Subscribe && r.subscribe(a, m.Handle, items))
	if err != nil {
		r.unresolved(a, m.Handle, err.Error(), wire.Cause{Code: wire.CauseLackOfResources})
		return
	}
	r.send(a, data)
	if len(selected) == r.cfg.MaxResolveItems && uint32(len(selected)) < wanted(m) { //nolint:gosec // a message full
		r.tally.Limits[LimitResolveItems]++ // unless the pool has no more
	}
	r.counters.Resolutions++
	r.note(Debug, feed.Event{Name: "handle.resolved", Handle: m.Handle})
}

// resolution is a positive answer. updated: changes of the pool will be told.
func (r *Registrar) resolution(handle wire.PoolHandle, policy wire.Policy, selected []handlespace.Entry, updated bool) ([]byte, error) {
	if policy.Type == wire.RoundRobin && !r.cfg.Dialect.namesRoundRobin() {
		policy = wire.Policy{} // the default, left out
	}
	elements := make([]wire.PoolElement, 0, len(selected))
	for _, entry := range selected {
		e := entry.PoolElement()
		e.ASAPTransport = wire.Transport{}
		elements = append(elements, e)
	}
	answer := asap.HandleResolutionResponse{Accepted: updated, Handle: handle, Policy: policy, Elements: elements}
	data, err := asap.Append(nil, answer)
	if errors.Is(err, wire.ErrTooLong) {
		answer.Elements = fitting(answer)
		data, err = asap.Append(nil, answer)
	}
	return data, err
}

func (r *Registrar) unresolved(a *association, handle wire.PoolHandle, why string, cause wire.Cause) {
	r.sendASAP(a, asap.HandleResolutionResponse{
		Handle: handle, Causes: wire.FitCauses([]wire.Cause{cause}, wire.MaxMessage-16-wire.Padded(len(handle))),
	})
	r.counters.Unresolved++
	if cause.Code == wire.CauseUnknownPoolHandle {
		r.tally.UnknownPools++
	}
	r.note(Debug, feed.Event{Name: "handle.unresolved", Handle: handle, Text: why})
}

// resolveItems is how many elements to select at most: what was asked for where
// that is less than the configured limit, and never more than fit.
func (r *Registrar) resolveItems(m asap.HandleResolution) int {
	n := wire.MaxMessage / minElement
	if limit := r.cfg.MaxResolveItems; limit > 0 {
		n = min(n, limit)
	}
	return int(min(uint32(n), wanted(m))) //nolint:gosec // bounded
}

// wanted is how many elements a handle resolution asks for.
func wanted(m asap.HandleResolution) uint32 {
	if m.Items == 0 {
		return asap.AllItems
	}
	return m.Items
}

// fitting is the front part of the elements that one message can hold.
func fitting(m asap.HandleResolutionResponse) []wire.PoolElement {
	room := wire.MaxMessage - 4 - wire.Padded(4+len(m.Handle))
	if m.Policy.Present() {
		room -= wire.Padded(len(m.Policy.TLV()))
	}
	for i, e := range m.Elements {
		if room -= wire.Padded(len(e.TLV())); room < 0 {
			return m.Elements[:i]
		}
	}
	return m.Elements
}
