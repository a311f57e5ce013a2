package registrar

import (
	"errors"
	"fmt"
	"time"

	"rserpool/registrar/wire"
)

// Limits bound what others can make a registrar keep or do.
type Limits struct {
	// Associations of both protocols, those opened from here not counted.
	Associations int
	// Pools and Elements in the whole handlespace; ElementsPerAssociation are
	// those that register over one association, so that one sender cannot fill
	// the rest.
	Pools, Elements, ElementsPerAssociation int
	// ElementsPerPool is how large a pool gets by registrations here. Those that are
	// at home at peers have been accepted there, and count, but are never refused:
	// registrars would not agree about the pool.
	ElementsPerPool int
	// Registrations of new elements over one association in a second; 0 is as many as
	// come. Those that are here already always register again: they share the association,
	// and would be lost if they had to wait behind a flood.
	Registrations int
	// HandleLength is the longest pool handle in bytes.
	HandleLength int
	// Downloads of this registrar's handle table served at once.
	Downloads int
	// Subscriptions to pools over one association.
	Subscriptions int
	// Reports of unreachable elements heard from one association in a second.
	Reports int
	// Peers known at once, of which anyone can invent more.
	Peers int
	// Holds made here, and as many that peers have made.
	Holds int
}

// DefaultLimits leave room for a million elements and for mistakes.
func DefaultLimits() Limits {
	return Limits{
		Associations:           8192,
		Pools:                  262_144,
		Elements:               2_000_000,
		ElementsPerAssociation: 200_000,
		ElementsPerPool:        500_000,
		HandleLength:           1024,
		Downloads:              64,
		Subscriptions:          1024,
		Reports:                100,
		Peers:                  1024,
		Holds:                  1000,
	}
}

// Validate says which limit leaves no room at all, nil if none does.
func (l Limits) Validate() error {
	var errs []error
	for _, limit := range []struct {
		name string
		n    int
	}{
		{"Associations", l.Associations},
		{"Pools", l.Pools},
		{"Elements", l.Elements},
		{"ElementsPerAssociation", l.ElementsPerAssociation},
		{"ElementsPerPool", l.ElementsPerPool},
		{"HandleLength", l.HandleLength},
		{"Downloads", l.Downloads},
		{"Subscriptions", l.Subscriptions},
		{"Reports", l.Reports},
		{"Peers", l.Peers},
		{"Holds", l.Holds},
	} {
		if limit.n < 1 {
			errs = append(errs, fmt.Errorf("registrar: limit %s must be at least 1, is %d", limit.name, limit.n))
		}
	}
	if l.Registrations < 0 {
		errs = append(errs, fmt.Errorf("registrar: limit Registrations must not be negative, is %d", l.Registrations))
	}
	return errors.Join(errs...)
}

const (
	// maxQueue is how many messages wait for an association to a peer. What is
	// more is dropped: the PRESENCE that follows shows the peer what it lacks.
	maxQueue = 256
	// tablePage is how many bytes of entries a HANDLE_TABLE_RESPONSE has at
	// most: half a message keeps one step short and fits any socket buffer.
	tablePage = wire.MaxMessage / 2
	// maxElement is how long the variable parts of a registered element may be, so
	// that every part of the handle table holds one; addressSize is the most that
	// an address takes.
	maxElement  = tablePage - 4096
	addressSize = 20
	// minElement is the least size of a pool element in a message: header, three
	// fields, a transport without data, a policy without data.
	minElement = 4 + 12 + 4 + 8
	// provokedKeepAlive is the least time between a keep-alive to an element and
	// one that a report provokes.
	provokedKeepAlive = time.Second
	// complaintsPerSecond is how many refusals for want of a credential are noted in
	// a second: a flood of strangers must not push all else out of logs and feed.
	complaintsPerSecond = 10
)
