package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
	"rserpool/web/metrics"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// source is a registrar 0x0a0a0a0a that is home to one element of two, with a peer that
// it is not in step with; nothing was counted yet.
func source(m node.Measures, err error) metrics.Source {
	r := replica.New()
	r.Apply(feed.Hello{Registrar: 0x0a0a0a0a, Version: "v1", Dialect: "rfc", Transport: "udp"})
	r.Apply(feed.RegistrarState{Phase: feed.Serving})
	r.Apply(feed.PeerState{Peer: 0x0b0b0b0b, State: feed.Active, Heard: feed.At(start), Told: 7, HasTold: true})
	r.Apply(feed.PeerState{Peer: 0x0c0c0c0c, State: feed.Dead, Heard: feed.At(start), Told: 8, HasTold: true})
	for i, home := range []wire.ServerID{0x0a0a0a0a, 0x0b0b0b0b} {
		r.Apply(enrp.HandleUpdate{Handle: "EchoPool", Element: wire.PoolElement{
			ID: wire.PEIdentifier(i + 1), HomeServer: home, Life: 300, Policy: wire.Policy{Type: wire.RoundRobin},
			UserTransport: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7")}},
		}})
		r.Apply(enrp.Presence{IDs: enrp.IDs{Sender: home}, Checksum: wire.Checksum(40 + i), HasChecksum: true})
	}
	r.Apply(feed.Hold{ID: 1, Maker: 0x0a0a0a0a, State: feed.HoldInForce, Handle: "EchoPool", Element: 9})
	r.Apply(feed.Hold{ID: 2, Maker: 0x0a0a0a0a, State: feed.HoldEnded, Handle: "EchoPool", Element: 8})
	return metrics.Source{
		View:  func(f func(*replica.Replica)) { f(r) },
		Feeds: func() metrics.Feeds { return metrics.Feeds{Clients: 2, First: 3, Lost: 1, Slow: 4} },
		Limits: func() []registrar.LimitUse {
			return []registrar.LimitUse{{Name: "max_feed_clients", Limit: 256, Used: 2, Counted: true}}
		},
		Measures: func(context.Context) (node.Measures, error) { return m, err },
	}
}

func pedantic(s metrics.Source) *prometheus.Registry {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(metrics.NewCollector(s))
	return r
}

// promised are all metrics by their types, with the labels of each.
var promised = map[string]string{
	"build_info": "GAUGE dialect go_version transport version", "ready": "GAUGE", "pools": "GAUGE", "pool_elements": "GAUGE home",
	"peers": "GAUGE state", "peer_last_heard_timestamp_seconds": "GAUGE peer", "peer_in_sync": "GAUGE peer",
	"registrations_total": "COUNTER cause result", "deregistrations_total": "COUNTER origin", "handle_resolutions_total": "COUNTER result",
	"handle_resolution_duration_seconds": "HISTOGRAM", "endpoint_keepalives_total": "COUNTER result", "unreachable_reports_total": "COUNTER",
	"messages_total": "COUNTER direction protocol type", "messages_discarded_total": "COUNTER protocol reason",
	"guard_engaged": "GAUGE", "guard_held_elements": "GAUGE", "guard_engagements_total": "COUNTER", "standstills_total": "COUNTER", "takeovers_total": "COUNTER result role", "takeover_duration_seconds": "HISTOGRAM", "resyncs_total": "COUNTER result", "limit_hits_total": "COUNTER limit",
	"checksum_mismatches_total": "COUNTER", "associations": "GAUGE protocol", "step_duration_seconds": "HISTOGRAM", "feed_clients": "GAUGE",
	"feed_snapshots_total": "COUNTER reason", "holds": "GAUGE", "checksum": "GAUGE registrar side", "table_downloads": "GAUGE", "subscriptions": "GAUGE",
	"overload": "GAUGE", "limit": "GAUGE limit", "limit_used": "GAUGE limit",
}

func TestAllMetricsAreThere(t *testing.T) {
	families, err := pedantic(source(node.Measures{}, nil)).Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range families {
		words := []string{f.GetType().String()}
		for _, l := range f.GetMetric()[0].GetLabel() {
			words = append(words, l.GetName())
		}
		got[strings.TrimPrefix(f.GetName(), "rserpool_")] = strings.Join(words, " ")
	}
	if diff := cmp.Diff(promised, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestNamesFollowTheRules(t *testing.T) {
	problems, err := testutil.GatherAndLint(pedantic(source(node.Measures{}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// What RFC 5525 has of pools, elements and peers, and what was counted, come out under
// their names (MIB-02, MIB-05, MIB-08).
func TestValues(t *testing.T) {
	m := node.Measures{
		Counters: feed.Counters{
			Registrations: 5, Reregistrations: 6, ByPE: 1, ByOperator: 2, ByExpiry: 3, ByUnreachable: 4, ByPeer: 5,
			Resolutions: 10, Unresolved: 6, Acknowledged: 8, Unanswered: 2, Reports: 9,
		},
		Foreign: [2]uint64{registrar.ENRP: 11},
		Limits:  []registrar.LimitUse{{Name: "max_pools", Limit: 5, Used: 2, Counted: true, Hits: 3}, {Name: "max_resolve_items", Off: true}, {Name: "adoption_rate", Limit: 7}},
	}
	tally := &m.Tally
	tally.Shed, m.Overloaded = 3, true
	tally.UnknownPools, tally.Mismatches, tally.Subscriptions, tally.Downloads, tally.Standstills = 2, 4, 6, 1, 8
	tally.Guard = registrar.GuardState{Engaged: true, Held: 12, Engagements: 3}
	tally.Refused[wire.CauseNonUniquePEIdentifier] = 7
	tally.Resyncs[registrar.AskSilent] = 3
	tally.Messages[registrar.ASAP][registrar.In][asap.TypeHandleResolution] = 13
	tally.Messages[registrar.ENRP][registrar.Out][enrp.TypePresence] = 12
	tally.Messages[registrar.ENRP][registrar.In][0], tally.Messages[registrar.ENRP][registrar.In][0x3b] = 1, 2 // types without a name
	tally.Discarded[registrar.ASAP][registrar.DiscardLimit] = 5
	tally.Associations[registrar.ENRP] = 2
	tally.Takeovers[registrar.TakeoverYielded] = 1
	m.Resolutions.Observe(30 * time.Microsecond)
	tally.TakeoverTimes.Observe(700 * time.Millisecond)
	rec := httptest.NewRecorder()
	metrics.Handler(source(m, nil), slog.New(slog.DiscardHandler)).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	got := strings.Split(rec.Body.String(), "\n")
	for _, want := range []string{
		`ready 1`, `pools 1`, `pool_elements{home="own"} 1`, `pool_elements{home="peer"} 1`, `peers{state="active"} 1`, `peers{state="dead"} 1`,
		`peer_last_heard_timestamp_seconds{peer="0x0b0b0b0b"} 1.767323045e+09`, `peer_in_sync{peer="0x0b0b0b0b"} 0`,
		`checksum{registrar="0x0b0b0b0b",side="told"} 7`, `checksum{registrar="0x0b0b0b0b",side="computed"} 41`,
		`checksum{registrar="0x0a0a0a0a",side="computed"} 40`, `holds 1`,
		`registrations_total{cause="none",result="registered"} 5`, `registrations_total{cause="none",result="registered_again"} 6`,
		`registrations_total{cause="non_unique_pe_identifier",result="refused"} 7`,
		`deregistrations_total{origin="pe"} 1`, `deregistrations_total{origin="operator"} 2`, `deregistrations_total{origin="expiry"} 3`,
		`deregistrations_total{origin="unreachable"} 4`, `deregistrations_total{origin="peer"} 5`,
		`handle_resolutions_total{result="resolved"} 10`, `handle_resolutions_total{result="unknown_pool"} 2`, `handle_resolutions_total{result="refused"} 1`, `handle_resolutions_total{result="shed"} 3`, `overload 1`,
		`handle_resolution_duration_seconds_bucket{le="2.5e-05"} 0`, `handle_resolution_duration_seconds_bucket{le="5e-05"} 1`,
		`handle_resolution_duration_seconds_sum 3e-05`, `step_duration_seconds_count 0`,
		`endpoint_keepalives_total{result="acknowledged"} 8`, `endpoint_keepalives_total{result="unanswered"} 2`, `unreachable_reports_total 9`,
		`messages_total{direction="in",protocol="asap",type="handle_resolution"} 13`, `messages_total{direction="out",protocol="enrp",type="presence"} 12`,
		`messages_total{direction="in",protocol="enrp",type="unknown"} 3`,
		`messages_discarded_total{protocol="asap",reason="limit"} 5`, `messages_discarded_total{protocol="enrp",reason="foreign"} 11`,
		`guard_engaged 1`, `guard_held_elements 12`, `guard_engagements_total 3`, `standstills_total 8`, `takeovers_total{result="yielded",role="initiator"} 1`, `takeover_duration_seconds_bucket{le="1"} 1`, `takeover_duration_seconds_bucket{le="0.5"} 0`,
		`resyncs_total{result="failed"} 3`, `checksum_mismatches_total 4`, `associations{protocol="enrp"} 2`, `subscriptions 6`, `table_downloads 1`,
		`limit{limit="max_pools"} 5`, `limit_used{limit="max_pools"} 2`, `limit{limit="adoption_rate"} 7`,
		`limit_hits_total{limit="max_pools"} 3`, `limit_hits_total{limit="max_resolve_items"} 0`,
		`limit{limit="max_feed_clients"} 256`, `limit_used{limit="max_feed_clients"} 2`,
		`feed_clients 2`, `feed_snapshots_total{reason="first"} 3`, `feed_snapshots_total{reason="lost"} 1`, `feed_snapshots_total{reason="slow"} 4`,
	} {
		if !slices.Contains(got, "rserpool_"+want) {
			t.Errorf("no line rserpool_%s", want)
		}
	}
	if strings.Contains(rec.Body.String(), `limit{limit="max_resolve_items"}`) {
		t.Error("a limit that is off is said to be 0")
	}
	if strings.Contains(rec.Body.String(), `limit_used{limit="adoption_rate"}`) {
		t.Error("what is not counted is said to be used")
	}
	if strings.Contains(rec.Body.String(), `in_sync{peer="0x0c0c0c0c"}`) {
		t.Error("a dead peer is said to be in or out of step")
	}
	for _, want := range []string{"\ngo_goroutines ", "\nprocess_"} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no line starts with %q", want[1:])
		}
	}
}

// Whatever others send makes no new series.
func TestSeriesAreBounded(t *testing.T) {
	count := func(m node.Measures) (n int) {
		families, err := pedantic(source(m, nil)).Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			n += len(f.GetMetric())
		}
		return n
	}
	var m node.Measures
	quiet := count(m)
	for p := range m.Tally.Messages {
		for d := range m.Tally.Messages[p] {
			for kind := range m.Tally.Messages[p][d] {
				m.Tally.Messages[p][d][kind]++
			}
		}
	}
	for i := range m.Tally.Refused {
		m.Tally.Refused[i]++
	}
	if busy := count(m); busy != quiet || busy > 250 {
		t.Errorf("%d series at the start, %d after all kinds of messages: want as many, 250 at most", quiet, busy)
	}
}

// A node that does not answer hides nothing of what is known without it.
func TestNodeDoesNotAnswer(t *testing.T) {
	var log strings.Builder
	rec := httptest.NewRecorder()
	metrics.Handler(source(node.Measures{}, errors.New("the node stands still")), slog.New(slog.NewTextHandler(&log, nil))).
		ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body := rec.Body.String()
	if rec.Code != http.StatusOK || !strings.Contains(body, "rserpool_pools 1") || !strings.Contains(body, "go_goroutines") {
		t.Errorf("status %d and\n%s\nwant what is known without the node", rec.Code, body)
	}
	if strings.Contains(body, "rserpool_step_duration_seconds") || strings.Contains(body, "rserpool_messages_total") {
		t.Errorf("values of a node that said none:\n%s", body)
	}
	if !strings.Contains(log.String(), "the node stands still") {
		t.Errorf("the log does not say why: %s", log.String())
	}
}

// Nothing is described that is not there, and nothing is there undescribed.
func TestDescribe(t *testing.T) {
	to := make(chan *prometheus.Desc, 100)
	metrics.NewCollector(metrics.Source{}).Describe(to)
	close(to)
	names := map[string]bool{}
	for d := range to {
		_, rest, _ := strings.Cut(d.String(), `"rserpool_`)
		name, _, _ := strings.Cut(rest, `"`)
		names[name] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(promised)), slices.Sorted(maps.Keys(names))); diff != "" {
		t.Errorf("described (-want +got):\n%s", diff)
	}
}
