package registrar

import "rserpool/registrar/asap"

// selectElements tells what a pool user would get.
func (r *Registrar) selectElements(ev SelectElements) {
	answer := Selected{Request: ev.Request}
	items := r.resolveItems(asap.HandleResolution{Items: uint32(max(ev.Items, 0))}) //nolint:gosec // bounded below
	policy, selected, known := r.space.Peek(ev.Handle, items, r.selected[:0])
	r.selected = selected
	if answer.Known = known; known {
		answer.Policy = policy
		for _, e := range selected {
			answer.Elements = append(answer.Elements, e.PoolElement())
		}
	}
	r.effect(answer)
}
