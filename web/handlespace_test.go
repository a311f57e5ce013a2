package web

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Elements with policy, life, home and all places, and peers (MIB-03, MIB-04).
func TestExport(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	odd := element(2, other)
	odd.Life, odd.ASAPTransport = wire.InfiniteLife, wire.Transport{}
	odd.Policy = wire.Policy{Type: 0x80000001, Raw: "\x01\x02\x03\x04"}
	odd.UserTransport = wire.Transport{Type: wire.TypeOpaqueTransport, Opaque: "\xde\xad"}
	hub.Publish(start, []feed.Message{
		add("EchoPool", element(0x5ee4a0c1, self)),
		feed.ElementState{Handle: "EchoPool", ID: 0x5ee4a0c1, Expires: feed.At(start.Add(1500 * 1e6)), Reports: 1, Health: feed.Unanswered},
		add("\x00\xfe", odd),
		feed.ElementState{Handle: "\x00\xfe", ID: 2},
		feed.PeerState{
			Peer: other, State: feed.Active, Heard: feed.At(start), Told: 0x1f2e, HasTold: true,
			Information: wire.ServerInformation{ID: other, Transport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 9901, Addresses: []netip.Addr{netip.MustParseAddr("2001:db8::2")}}},
		},
		sum(self, "EchoPool", 0x5ee4a0c1), sum(other, "\x00\xfe", 2),
	})
	status, body, h := do(t, http.MethodGet, s.URL+"/api/v1/handlespace", nil)
	if status != 200 || h.Get("Content-Disposition") == "" {
		t.Fatalf("status %d, headers %v", status, h)
	}
	want := `{
	"schema": "rserpool.handlespace/v1", "generated_at": "2026-01-02T03:05:05.000Z", "seq": 2,
	"registrar": {"id": "0x0a0a0a0a", "uptime_seconds": 60, "version": "v0", "checksum": "` + sumOf("EchoPool", 0x5ee4a0c1) + `"},
	"pools": [
	 {"handle": "\u0000\ufffd", "handle_b64": "AP4=", "policy": {"name": "0x80000001", "type": "0x80000001"}, "elements": [
	  {"id": "0x00000002", "home_registrar": "0x0b0b0b0b", "owned": false, "state": "up", "registration_life_seconds": -1,
	   "policy": {"raw_hex": "01020304"}, "user_transport": {"protocol": "opaque", "data_hex": "dead"}, "unreachable_reports": 0}]},
	 {"handle": "EchoPool", "handle_b64": "RWNob1Bvb2w=", "policy": {"name": "weighted_round_robin", "type": "0x00000002"}, "elements": [
	  {"id": "0x5ee4a0c1", "home_registrar": "0x0a0a0a0a", "owned": true, "state": "suspect", "registration_life_seconds": 300,
	   "expires_at": "2026-01-02T03:04:06.500Z", "policy": {"weight": 5},
	   "user_transport": {"protocol": "tcp", "port": 7, "addresses": ["192.0.2.7"]},
	   "asap_transport": {"protocol": "sctp", "port": 40112, "addresses": ["192.0.2.1"]}, "unreachable_reports": 1}]}],
	"peers": [{"id": "0x0b0b0b0b", "state": "active", "addresses": ["[2001:db8::2]:9901"], "last_heard_at": "2026-01-02T03:04:05.000Z",
	 "checksum_reported": "0x1f2e", "checksum_computed": "` + sumOf("\x00\xfe", 2) + `", "in_sync": false, "elements_owned": 1}]}`
	var got, wanted map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	digest, _ := got["digest"].(string)
	delete(got, "digest")
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(digest) != len("sha256:")+64 || h.Get("ETag") != `W/"`+digest+`"` {
		t.Errorf("digest %q, ETag %q", digest, h.Get("ETag"))
	}
	if status, _, _ = do(t, http.MethodGet, s.URL+"/api/v1/handlespace", map[string]string{"If-None-Match": h.Get("ETag")}); status != http.StatusNotModified {
		t.Errorf("with the ETag: %d", status)
	}
}

func TestExportPolicy(t *testing.T) {
	tests := []struct{ spec, want string }{
		{"rr", `{}`},
		{"wrand:0", `{"weight":0}`},
		{"prio:4294967295", `{"priority":4294967295}`},
		{"rlu:100%", `{"load":4294967295}`},
		{"plu:25%:50%", `{"load":1073741824,"load_degradation":2147483648}`},
		{"rplu:25%:50%", `{"load":1073741824,"load_degradation":2147483648,"raw_hex":"4000000080000000"}`},
		{"wrand-dpf:5:25%:12ms", `{"distance_milliseconds":12,"dpf":1073741824,"raw_hex":"00000005400000000000000c","weight":5}`},
		{"0xb0001003:01020304", `{"raw_hex":"01020304"}`}, // POL-7-05
		{"0x80000001:0102", `{"raw_hex":"0102"}`},         // POL-7-05
		{"0x80000001", `{"raw_hex":""}`},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			p, err := policy.Parse(tt.spec)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(exportPolicyOf(p))
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestExportOfNothing(t *testing.T) {
	s, _, _ := newTestServer(t, nil)
	_, body, _ := do(t, http.MethodGet, s.URL+"/api/v1/handlespace", nil)
	var got struct{ Pools, Peers []any }
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Pools == nil || got.Peers == nil {
		t.Errorf("lists must be there and empty: %s (%v)", body, err)
	}
}

func sumOf(h wire.PoolHandle, id wire.PEIdentifier) string {
	return sum(self, h, id).(enrp.Presence).Checksum.String()
}
