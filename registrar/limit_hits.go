package registrar

import (
	"fmt"
	"strings"
	"time"

	"rserpool/registrar/feed"
)

// Limit is one of those that a registrar keeps to.
type Limit uint8

// The limits, in the order in which they are mostly met.
const (
	LimitElements Limit = iota
	LimitPools
	LimitElementsPerPool
	LimitAssociations
	// LimitUnproven is of associations whose other ends have proven nothing, where that
	// is demanded: half of all.
	LimitUnproven
	LimitPeers
	// LimitHolds is of those made here, LimitPeerHolds of those of peers: as many.
	LimitHolds
	LimitPeerHolds
	LimitTableDownloads
	LimitElementsPerAssociation
	LimitSubscriptions
	LimitRegistrations
	LimitReports
	LimitHandleLength
	// LimitResolveItems, LimitBadPEReport and LimitAdoptionRate refuse nobody: they
	// shorten an answer, remove an element, and make one wait.
	LimitResolveItems
	LimitBadPEReport
	LimitAdoptionRate
	// LimitKinds is how many there are.
	LimitKinds
)

// limitEvery is the least time between two events that tell of one limit: a flood
// must not push all else out of log and feed.
const limitEvery = 10 * time.Second

var limitNames = [LimitKinds]string{
	LimitElements: "max_elements", LimitPools: "max_pools", LimitElementsPerPool: "max_elements_per_pool",
	LimitAssociations: "max_associations", LimitUnproven: "max_associations_unproven", LimitPeers: "max_peers",
	LimitHolds: "max_holds", LimitPeerHolds: "max_peer_holds", LimitTableDownloads: "max_table_downloads",
	LimitElementsPerAssociation: "max_elements_per_association", LimitSubscriptions: "max_subscriptions",
	LimitRegistrations: "max_registrations_per_second", LimitReports: "max_reports_per_second",
	LimitHandleLength: "max_handle_length", LimitResolveItems: "max_resolve_items",
	LimitBadPEReport: "max_bad_pe_report", LimitAdoptionRate: "adoption_rate",
}

// String is the limit's name in lower case with underscores: that of its setting, if
// it has one of its own.
func (l Limit) String() string { return limitNames[l] }

// setting is what moves the limit.
func (l Limit) setting() string {
	switch l {
	case LimitUnproven:
		l = LimitAssociations
	case LimitPeerHolds:
		l = LimitHolds
	default:
	}
	return "--" + strings.ReplaceAll(l.String(), "_", "-")
}

// bound is how much the limit allows.
func (r *Registrar) bound(l Limit) int {
	c := &r.cfg.Limits
	return [LimitKinds]int{
		LimitElements: c.Elements, LimitPools: c.Pools, LimitElementsPerPool: c.ElementsPerPool,
		LimitAssociations: c.Associations, LimitUnproven: c.Associations / 2, LimitPeers: c.Peers,
		LimitHolds: c.Holds, LimitPeerHolds: c.Holds, LimitTableDownloads: c.Downloads,
		LimitElementsPerAssociation: c.ElementsPerAssociation, LimitSubscriptions: c.Subscriptions,
		LimitRegistrations: c.Registrations, LimitReports: c.Reports, LimitHandleLength: c.HandleLength,
		LimitResolveItems: r.cfg.MaxResolveItems, LimitBadPEReport: r.cfg.MaxBadPEReport, LimitAdoptionRate: r.cfg.AdoptionRate,
	}[l]
}

// hit counts that somebody was refused at a limit, and tells of it unless that was
// done a moment ago. It gives the reason back.
func (r *Registrar) hit(l Limit, why string) string {
	r.tally.Limits[l]++
	if told := &r.limitTold[l]; told.IsZero() || r.now.Sub(*told) >= limitEvery {
		*told = r.now
		r.note(Warn, LimitEvent(l.String(), r.bound(l), l.setting(), why))
	}
	return why
}

// LimitEvent tells that a limit was reached, and which setting moves it.
func LimitEvent(name string, limit int, setting, why string) feed.Event {
	return feed.Event{Name: "limit.reached", Text: fmt.Sprintf("%s is %d: %s; %s moves it", name, limit, why, setting)}
}
