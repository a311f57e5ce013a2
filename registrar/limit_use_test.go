package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
)

// used gives what is counted of the limits, but for those of which nothing is used.
func (b *bench) used() map[string]int {
	used := make(map[string]int)
	for _, l := range b.r.LimitsInUse() {
		if l.Counted && l.Used > 0 {
			used[l.Name] = l.Used
		}
	}
	return used
}

func TestLimitsInUse(t *testing.T) {
	b := serving(t, func(c *registrar.Config) { c.MaxBadPEReport = 0 })
	if got := b.used(); len(got) > 0 {
		t.Errorf("used at the start: %v", got)
	}
	a := b.element(11)
	b.element(12)
	b.mustRegister(a, "echo", pe(1, 11))
	b.mustRegister(a, "echo", pe(2, 11))
	b.mustRegister(a, "web", pe(1, 11))
	b.peer(0x60, 60)
	b.step(registrar.Deregister{Handle: "web", ID: 1, Hold: time.Hour})
	want := map[string]int{"max_elements": 2, "max_pools": 1, "max_associations": 3, "max_peers": 1, "max_holds": 1}
	if diff := cmp.Diff(want, b.used()); diff != "" {
		t.Errorf("used (-want +got):\n%s", diff)
	}
	limits := make(map[string]int)
	for _, l := range b.r.LimitsInUse() {
		if limits[l.Name] > 0 {
			t.Errorf("%s is there twice", l.Name)
		}
		if !l.Off {
			limits[l.Name] = l.Limit
		}
	}
	d := registrar.DefaultConfig()
	want = map[string]int{
		"max_elements": d.Limits.Elements, "max_pools": d.Limits.Pools, "max_associations": d.Limits.Associations, "max_peers": d.Limits.Peers,
		"max_holds": d.Limits.Holds, "max_peer_holds": d.Limits.Holds, "max_table_downloads": d.Limits.Downloads,
		"max_elements_per_pool": d.Limits.ElementsPerPool,
		"max_subscriptions":     d.Limits.Subscriptions, "max_elements_per_association": d.Limits.ElementsPerAssociation,
		"max_reports_per_second": d.Limits.Reports, "max_handle_length": d.Limits.HandleLength,
		"max_bad_pe_report": 0, "adoption_rate": d.AdoptionRate, // as many items as fit: no limit
	}
	if diff := cmp.Diff(want, limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}

// A secured registrar keeps half of the places for those who have proven who they are.
func TestLimitsInUseSecured(t *testing.T) {
	b := serving(t, func(c *registrar.Config) { c.Secured, c.Limits.Associations = true, 10 })
	b.element(11)
	if got := b.used(); got["max_associations_unproven"] != 1 || got["max_associations"] != 1 {
		t.Errorf("used %v, want one of each", got)
	}
	for _, l := range b.r.LimitsInUse() {
		if l.Name == "max_associations_unproven" && l.Limit != 5 {
			t.Errorf("%+v, want half of all", l)
		}
	}
}
