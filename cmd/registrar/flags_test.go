package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rserpool/registrar/node"
)

// A flag that no script and no test of this package ever gives does something that
// nobody has looked at.
func TestEveryFlagIsTested(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(scriptDir, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, name := range append(scripts, tests...) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	flags := 0
	everyCommand(func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			flags++
			given := `--` + f.Name + `\b|"` + f.Name + `"`
			if f.Shorthand != "" {
				given += `| -` + f.Shorthand + `\b`
			}
			if !regexp.MustCompile(given).MatchString(text.String()) {
				t.Errorf("%s --%s is in no test: show what it does in %s/%s.txtar", cmd.CommandPath(), f.Name, scriptDir, cmd.Name())
			}
		})
	})
	if flags < 150 {
		t.Errorf("only %d flags found", flags)
	}
}

// Each timer and limit reaches the node, and changes nothing else there. What it does
// is told by the tests of package registrar, and by the scripts of serve.
func TestServeNumbers(t *testing.T) {
	const d = 7 * time.Second
	tests := map[string]struct {
		value string
		set   func(c *node.Config)
	}{
		"peer-heartbeat-cycle":         {"7s", func(c *node.Config) { c.Registrar.PeerHeartbeatCycle = d }},
		"max-time-last-heard":          {"7s", func(c *node.Config) { c.Registrar.MaxTimeLastHeard = d }},
		"mentor-discovery":             {"7s", func(c *node.Config) { c.Registrar.MentorDiscovery = d }},
		"max-time-no-response":         {"7s", func(c *node.Config) { c.Registrar.MaxTimeNoResponse = d }},
		"keepalive-interval":           {"0s", func(c *node.Config) { c.Registrar.KeepAliveInterval = 0 }},
		"subscription-interval":        {"7s", func(c *node.Config) { c.Registrar.SubscriptionInterval = d }},
		"keepalive-timeout":            {"7s", func(c *node.Config) { c.Registrar.KeepAliveTimeout = d }},
		"drain-timeout":                {"7s", func(c *node.Config) { c.DrainTimeout = d }},
		"max-bad-pe-report":            {"0", func(c *node.Config) { c.Registrar.MaxBadPEReport = 0 }},
		"max-resolve-items":            {"5", func(c *node.Config) { c.Registrar.MaxResolveItems = 5 }},
		"guard-time":                   {"7s", func(c *node.Config) { c.Registrar.GuardTime = d }},
		"guard-share":                  {"0", func(c *node.Config) { c.Registrar.GuardShare = 0 }},
		"guard-elements":               {"5", func(c *node.Config) { c.Registrar.GuardElements = 5 }},
		"adoption-rate":                {"5", func(c *node.Config) { c.Registrar.AdoptionRate = 5 }},
		"max-elements":                 {"5", func(c *node.Config) { c.Registrar.Limits.Elements = 5 }},
		"max-pools":                    {"5", func(c *node.Config) { c.Registrar.Limits.Pools = 5 }},
		"max-subscriptions":            {"5", func(c *node.Config) { c.Registrar.Limits.Subscriptions = 5 }},
		"max-elements-per-pool":        {"5", func(c *node.Config) { c.Registrar.Limits.ElementsPerPool = 5 }},
		"max-elements-per-association": {"5", func(c *node.Config) { c.Registrar.Limits.ElementsPerAssociation = 5 }},
		"max-registrations-per-second": {"5", func(c *node.Config) { c.Registrar.Limits.Registrations = 5 }},
		"max-handle-length":            {"5", func(c *node.Config) { c.Registrar.Limits.HandleLength = 5 }},
		"max-reports-per-second":       {"5", func(c *node.Config) { c.Registrar.Limits.Reports = 5 }},
		"max-peers":                    {"5", func(c *node.Config) { c.Registrar.Limits.Peers = 5 }},
		"max-table-downloads":          {"5", func(c *node.Config) { c.Registrar.Limits.Downloads = 5 }},
		"max-holds":                    {"5", func(c *node.Config) { c.Registrar.Limits.Holds = 5 }},
		"max-associations":             {"5", func(c *node.Config) { c.Registrar.Limits.Associations = 5 }},
		"max-half-open":                {"5", func(c *node.Config) { c.MaxHalfOpen = 5 }},
		"max-messages-per-second":      {"5", func(c *node.Config) { c.MaxMessages = 5 }},
		"announce-ttl":                 {"5", func(c *node.Config) { c.AnnounceTTL = 5 }},
		"announce-interface":           {"lo", func(c *node.Config) { c.AnnounceInterfaces = []string{"lo"} }},
	}
	config := func(args ...string) node.Config {
		cmd, o := newServe()
		f := cmd.Flags()
		if err := f.Parse(append(args, "--enrp-announce", "auto", "--id", "0xa")); err != nil {
			t.Fatal(err)
		}
		o.speak(f)
		c, err := o.config(f, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, timer := range o.timers() {
			if _, known := tests[timer.flag]; !known {
				t.Errorf("--%s is not looked at", timer.flag)
			}
		}
		for _, count := range o.counts() {
			if _, known := tests[count.flag]; !known {
				t.Errorf("--%s is not looked at", count.flag)
			}
		}
		return c
	}
	for flag, tt := range tests {
		want := config()
		tt.set(&want)
		got := config("--" + flag + "=" + tt.value)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("--%s %s: the node gets\n%+v, want\n%+v", flag, tt.value, got, want)
		}
		if reflect.DeepEqual(got, config()) {
			t.Errorf("--%s %s is as by default", flag, tt.value)
		}
	}
}
