package metrics

import "github.com/prometheus/client_golang/prometheus"

// prefix is that of all names.
const prefix = "rserpool_"

// family is one metric: its name without prefix, what it says, and its labels.
type family struct {
	name, help string
	labels     []string
}

// families are all metrics of a registrar.
var families = [...]family{
	{"build_info", "What runs: always 1.", []string{"version", "go_version", "dialect", "transport"}},
	{"ready", "Whether the registrar serves: 1, or 0 while it starts or stops.", nil},
	{"pools", "Pools in the handlespace.", nil},
	{"pool_elements", "Pool elements in the handlespace, by whether this registrar is their home.", []string{"home"}},
	{"peers", "Other registrars of the scope, by what this one thinks of them.", []string{"state"}},
	{"peer_last_heard_timestamp_seconds", "When any message of a peer came, within some seconds.", []string{"peer"}},
	{"peer_in_sync", "Whether the PE checksum that a peer told is the one computed here: 1 or 0.", []string{"peer"}},
	{"checksum", "PE checksum of the elements of a registrar, as it told it, and as it is computed here.", []string{"registrar", "side"}},
	{"holds", "Holds in force: elements whose registrations are refused at an operator's wish.", nil},

	{"registrations_total", "Registrations by what came of them, and by the error cause of refusals.", []string{"result", "cause"}},
	{"deregistrations_total", "Removals of pool elements, by how they came about.", []string{"origin"}},
	{"overload", "Whether more is asked than can be answered, and handle resolutions wait or are refused: 1 or 0.", nil},
	{"handle_resolutions_total", "Handle resolutions by their answer.", []string{"result"}},
	{"handle_resolution_duration_seconds", "Time from reading a handle resolution until its answer is queued.", nil},
	{"endpoint_keepalives_total", "Keep-alives to pool elements that have ended, by how.", []string{"result"}},
	{"guard_engaged", "Whether elements that fall silent are kept, since the network of this registrar may be down: 1 or 0.", nil},
	{"guard_held_elements", "Silent elements that are kept for that.", nil},
	{"guard_engagements_total", "How often that was.", nil},
	{"unreachable_reports_total", "Reports of pool users that an element cannot be reached.", nil},
	{"subscriptions", "Subscriptions of pool users to changes of a pool.", nil},

	{"messages_total", "Messages received and sent, those that are discarded too.", []string{"protocol", "type", "direction"}},
	{"messages_discarded_total", "Messages that were not acted on, by the reason.", []string{"protocol", "reason"}},
	{"associations", "Associations that are open, by their protocol.", []string{"protocol"}},
	{"step_duration_seconds", "Time that the event loop took for one event.", nil},

	{"standstills_total", "Times in which nothing ran here for a second or more.", nil},
	{"takeovers_total", "Takeovers of registrars, by the part that this one had and what came of it.", []string{"role", "result"}},
	{"takeover_duration_seconds", "Time from declaring a peer dead until its elements were at home here.", nil},
	{"checksum_mismatches_total", "Checksums of peers that were not the computed ones and led to a resynchronisation.", nil},
	{"resyncs_total", "Resynchronisations with a peer that have ended, by how.", []string{"result"}},
	{"table_downloads", "Downloads of this registrar's handle table by peers that go on.", nil},

	{"limit", "What is the most that the registrar takes, of what the name says.", []string{"limit"}},
	{"limit_used", "How much of a limit is used, where that can be counted.", []string{"limit"}},
	{"limit_hits_total", "How often a limit was reached, and somebody refused or put off.", []string{"limit"}},

	{"feed_clients", "Clients of the dashboard's feed.", nil},
	{"feed_snapshots_total", "Snapshots given to clients of the feed, by why they needed one.", []string{"reason"}},
}

// describe gives the descriptions of all families by name.
func describe() map[string]*prometheus.Desc {
	all := make(map[string]*prometheus.Desc, len(families))
	for _, f := range families {
		all[f.name] = prometheus.NewDesc(prefix+f.name, f.help, f.labels, nil)
	}
	return all
}
