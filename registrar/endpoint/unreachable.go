package endpoint

import (
	"slices"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// member names an element of a pool.
type member struct {
	handle wire.PoolHandle
	id     wire.PEIdentifier
}

const (
	// maxUsed bounds the memory of elements that were used: twice so many of the
	// latest are known. Of a failure of one used before nobody is told.
	maxUsed = 16 << 10
	// maxReports bounds the reports that wait for a home. What is unreachable for
	// long will be found by others too.
	maxReports = 64
)

// usage knows which elements were used since they were last reported, and the
// reports that wait for a home.
type usage struct {
	recent, before map[member]struct{}
	reports        []member
}

// use notes that an element was handed out or sent to: its failure is worth a
// report (RFC 5352 section 3.5).
func (e *Endpoint) use(handle wire.PoolHandle, id wire.PEIdentifier) {
	u := &e.usage
	if len(u.recent) >= maxUsed {
		u.recent, u.before = nil, u.recent
	}
	if u.recent == nil {
		u.recent = make(map[member]struct{})
	}
	u.recent[member{handle, id}] = struct{}{}
}

// used reports whether an element was used since it was last reported, and forgets
// that: there is one report for one failure.
func (e *Endpoint) used(m member) bool {
	_, recent := e.usage.recent[m]
	_, before := e.usage.before[m]
	delete(e.usage.recent, m)
	delete(e.usage.before, m)
	return recent || before
}

// avoid sees to it that an element is not chosen again for a while.
func (e *Endpoint) avoid(handle wire.PoolHandle, id wire.PEIdentifier) {
	if c, ok := e.cache.Get(handle); ok {
		c.fail(e.now, id)
	}
}

// unconnected is what an attempt that came to nothing says of the element.
func (e *Endpoint) unconnected(m member, ev ConnectFailed) {
	switch {
	case ev.Local:
	case ev.Full:
		e.avoid(m.handle, m.id)
	default:
		e.failed(m.handle, m.id)
	}
}

// failed takes an element for unreachable: it is avoided, and the home is told if the
// element was used.
func (e *Endpoint) failed(handle wire.PoolHandle, id wire.PEIdentifier) {
	e.avoid(handle, id)
	m := member{handle, id}
	switch {
	case !e.used(m):
	case e.home != 0:
		e.reportUnreachable(m)
	case len(e.usage.reports) < maxReports && !slices.Contains(e.usage.reports, m):
		e.usage.reports = append(e.usage.reports, m)
	}
}

func (e *Endpoint) reportUnreachable(m member) {
	//nolint:errcheck // a handle too long for it could not have been resolved either
	e.send(e.home, asap.EndpointUnreachable{Handle: m.handle, ID: m.id})
}

// withdraw takes back a report that waits: the element was reached meanwhile.
func (e *Endpoint) withdraw(m member) {
	e.usage.reports = slices.DeleteFunc(e.usage.reports, func(r member) bool { return r == m })
}

// flushReports tells a new home what happened while there was none.
func (e *Endpoint) flushReports() {
	for _, m := range e.usage.reports {
		e.reportUnreachable(m)
	}
	e.usage.reports = nil
}
