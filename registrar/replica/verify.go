package replica

import (
	"errors"
	"slices"
	"strconv"
)

// Verify checks that the sums agree with the elements. It walks everything: for
// tests.
func (r *Replica) Verify() error {
	if err := r.space.Verify(); err != nil {
		return err
	}
	suspect, expired, pools, told := 0, 0, 0, 0
	for p := range r.Pools() {
		pools++
		fresh := &tally{}
		for e := range r.space.Elements(p.Handle) {
			state, known := r.states.of(e)
			fresh.count(e.HomeServer(), 1)
			fresh.tell(state.Health, 1)
			if known {
				told++
			}
		}
		suspect += fresh.suspect
		expired += fresh.expired
		if p.Suspect != fresh.suspect || p.Expired != fresh.expired || !slices.Equal(p.Homes, fresh.homes) {
			return errors.New("replica: the sums of pool " + strconv.Quote(string(p.Handle)) + " are not those of its elements")
		}
	}
	switch {
	case told != r.states.known:
		return errors.New("replica: counted " + strconv.Itoa(r.states.known) + " states, have " + strconv.Itoa(told))
	case pools != len(r.pools):
		return errors.New("replica: sums for " + strconv.Itoa(len(r.pools)) + " pools, have " + strconv.Itoa(pools))
	case suspect != r.suspect:
		return errors.New("replica: counted " + strconv.Itoa(r.suspect) + " suspects, have " + strconv.Itoa(suspect))
	case len(r.takeovers.list) > maxTakeovers:
		return errors.New("replica: keeps " + strconv.Itoa(len(r.takeovers.list)) + " takeovers")
	case len(r.samples.list) > maxSamples:
		return errors.New("replica: keeps " + strconv.Itoa(len(r.samples.list)) + " counters")
	case expired != r.expired:
		return errors.New("replica: counted " + strconv.Itoa(r.expired) + " expired ones, have " + strconv.Itoa(expired))
	case len(r.events.list) > maxEvents:
		return errors.New("replica: keeps " + strconv.Itoa(len(r.events.list)) + " events")
	}
	return nil
}
