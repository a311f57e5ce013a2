package registrar

// LimitUse is one limit of a registrar, and how much of it is used.
type LimitUse struct {
	// Name is in lower case with underscores, that of the setting where there is one.
	Name  string
	Limit int
	// Used is how much there is now. Without Counted it is not known, as with what
	// holds for each association, or in each second.
	Used    int
	Counted bool
}

// LimitsInUse gives all limits that an operator may meet, in the order in which they
// are mostly met. A limit that is off is left out.
func (r *Registrar) LimitsInUse() []LimitUse {
	l := &r.cfg.Limits
	own := 0
	for _, h := range r.holds.list {
		if h.maker == r.id {
			own++
		}
	}
	list := []LimitUse{
		{"max_elements", l.Elements, r.space.Len(), true},
		{"max_pools", l.Pools, r.space.PoolCount(), true},
		{"max_associations", l.Associations, r.inbound, true},
	}
	if r.cfg.Secured {
		list = append(list, LimitUse{"max_associations_unproven", l.Associations / 2, r.strangers, true})
	}
	list = append(list,
		LimitUse{"max_peers", l.Peers, len(r.peers), true},
		LimitUse{"max_holds", l.Holds, own, true},
		LimitUse{"max_peer_holds", l.Holds, len(r.holds.list) - own, true},
		LimitUse{"max_table_downloads", l.Downloads, r.downloads, true},
	)
	for _, each := range []LimitUse{
		{Name: "max_subscriptions", Limit: l.Subscriptions},
		{Name: "max_elements_per_association", Limit: l.ElementsPerAssociation},
		{Name: "max_reports_per_second", Limit: l.Reports},
		{Name: "max_handle_length", Limit: l.HandleLength},
		{Name: "max_resolve_items", Limit: r.cfg.MaxResolveItems},
		{Name: "max_bad_pe_report", Limit: r.cfg.MaxBadPEReport},
		{Name: "adoption_rate", Limit: r.cfg.AdoptionRate},
	} {
		if each.Limit > 0 || each.Name == "max_bad_pe_report" { // 0 of it removes at the first report
			list = append(list, each)
		}
	}
	return list
}
