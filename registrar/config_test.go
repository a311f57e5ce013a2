package registrar_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"rserpool/registrar"
)

func TestConfigValidate(t *testing.T) {
	if err := config(self, 1, at(2, 9901)).Validate(); err != nil {
		t.Fatalf("defaults: %v", err)
	}
	tests := []struct {
		want string
		set  func(*registrar.Config)
	}{
		{"Rand", func(c *registrar.Config) { c.Rand = nil }},
		{"ASAP endpoint", func(c *registrar.Config) { c.ASAP.Port = 0 }},
		{"ENRP endpoint", func(c *registrar.Config) { c.ENRP.Addrs = nil }},
		{"ASAP stream endpoint", func(c *registrar.Config) { c.ASAPStream.Port = 3863 }},
		{"unicast", func(c *registrar.Config) { c.ENRP.Addrs = []netip.Addr{netip.IPv6Unspecified()} }},
		{"peer endpoint", func(c *registrar.Config) { c.Peers = []registrar.Endpoint{{}} }},
		{"PeerHeartbeatCycle", func(c *registrar.Config) { c.PeerHeartbeatCycle = 0 }},
		{"MaxTimeLastHeard", func(c *registrar.Config) { c.MaxTimeLastHeard = -time.Second }},
		{"MaxTimeNoResponse", func(c *registrar.Config) { c.MaxTimeNoResponse = 0 }},
		{"DownloadTimeout", func(c *registrar.Config) { c.DownloadTimeout = 0 }},
		{"RetryWait", func(c *registrar.Config) { c.RetryWait = 0 }},
		{"MentorDiscovery", func(c *registrar.Config) { c.MentorDiscovery = 0 }},
		{"YieldRecheck", func(c *registrar.Config) { c.YieldRecheck = 0 }},
		{"KeepAliveTimeout", func(c *registrar.Config) { c.KeepAliveTimeout = 0 }},
		{"ServerAnnounce", func(c *registrar.Config) { c.ServerAnnounce = 0 }},
		{"HeardResolution", func(c *registrar.Config) { c.HeardResolution = -1 }},
		{"KeepAliveInterval", func(c *registrar.Config) { c.KeepAliveInterval = -1 }},
		{"MaxBadPEReport", func(c *registrar.Config) { c.MaxBadPEReport = -1 }},
		{"MaxResolveItems", func(c *registrar.Config) { c.MaxResolveItems = -1 }},
		{"MentorRounds", func(c *registrar.Config) { c.MentorRounds = 0 }},
		{"limit Associations", func(c *registrar.Config) { c.Limits.Associations = 0 }},
		{"limit Pools", func(c *registrar.Config) { c.Limits.Pools = 0 }},
		{"limit Elements", func(c *registrar.Config) { c.Limits.Elements = -1 }},
		{"limit ElementsPerAssociation", func(c *registrar.Config) { c.Limits.ElementsPerAssociation = 0 }},
		{"limit HandleLength", func(c *registrar.Config) { c.Limits.HandleLength = 0 }},
		{"limit Downloads", func(c *registrar.Config) { c.Limits.Downloads = 0 }},
		{"limit Reports", func(c *registrar.Config) { c.Limits.Reports = 0 }},
		{"limit ElementsPerPool", func(c *registrar.Config) { c.Limits.ElementsPerPool = 0 }},
		{"limit Registrations", func(c *registrar.Config) { c.Limits.Registrations = -1 }},
		{"limit Peers", func(c *registrar.Config) { c.Limits.Peers = 0 }},
	}
	for _, tt := range tests {
		cfg := config(self, 1)
		tt.set(&cfg)
		if _, err := registrar.New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want one that says %q", err, tt.want)
		}
	}
}

// TestOwnEndpointAmongPeers: all registrars of a scope may be given one list.
func TestOwnEndpointAmongPeers(t *testing.T) {
	b := idle(t, config(self, 1, at(1, 9901)))
	b.step(registrar.Start{})
	if len(b.dials) > 0 || len(b.noted("registrar.serving")) != 1 {
		t.Errorf("dials %v, notes %v: want a registrar that is alone", b.dials, b.notes)
	}
}
