package registrar

// LimitUse is one limit of a registrar, how much of it is used, and how often it has
// been reached.
type LimitUse struct {
	// Name is in lower case with underscores, that of the setting where there is one.
	Name  string
	Limit int
	// Off: it is not in force, whatever Limit says.
	Off bool
	// Used is how much there is now. Without Counted it is not known, as with what
	// holds for each association, or in each second.
	Used    int
	Counted bool
	// Hits are how often it has been reached since the start.
	Hits uint64
}

// LimitsInUse gives all limits of this registrar, in the order of Limit.
func (r *Registrar) LimitsInUse() []LimitUse {
	own := 0
	for _, h := range r.holds.list {
		if h.maker == r.id {
			own++
		}
	}
	used := map[Limit]int{
		LimitElements: r.space.Len(), LimitPools: r.space.PoolCount(), LimitAssociations: r.inbound, LimitUnproven: r.strangers,
		LimitPeers: len(r.peers), LimitHolds: own, LimitPeerHolds: len(r.holds.list) - own, LimitTableDownloads: r.downloads,
	}
	list := make([]LimitUse, LimitKinds)
	for l := range LimitKinds {
		u := LimitUse{Name: l.String(), Limit: r.bound(l), Hits: r.tally.Limits[l]}
		u.Used, u.Counted = used[l]
		switch l {
		case LimitRegistrations, LimitResolveItems:
			u.Off = u.Limit == 0
		case LimitUnproven:
			u.Off = !r.cfg.Secured
		default:
		}
		list[l] = u
	}
	return list
}
