package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"rserpool/web"
)

// unmoved are the limits without a flag of their own: half, or as many, of what another
// flag says, and what a registrar keeps to so that it works.
var unmoved = []string{
	"max_associations_unproven", "max_peer_holds",
	"max_dials", "max_waiting_messages", "max_waiting_bytes_per_user", "max_queued_bytes_per_user", "max_queued_bytes_per_peer",
}

// Each limit has a flag of its name and counts its hits from the start, and each flag of
// a limit is one that is told of.
//
// SEC-27
func TestLimitsHaveFlagsAndHits(t *testing.T) {
	body := scraped(t)
	var counted []string
	for _, m := range regexp.MustCompile(`(?m)^rserpool_limit_hits_total\{limit="(\w+)"\} 0$`).FindAllStringSubmatch(body, -1) {
		counted = append(counted, m[1])
	}
	var flags []string
	newServeCmd().Flags().VisitAll(func(f *pflag.Flag) {
		if (strings.HasPrefix(f.Name, "max-") || strings.HasSuffix(f.Name, "-rate")) && f.Value.Type() == "int" {
			flags = append(flags, strings.ReplaceAll(f.Name, "-", "_"))
		}
	})
	want := append(slices.Clone(unmoved), flags...)
	slices.Sort(want)
	slices.Sort(counted)
	if diff := cmp.Diff(want, counted); diff != "" {
		t.Errorf("limits (-flags of serve, and those without one +counted):\n%s", diff)
	}
	for _, m := range regexp.MustCompile(`(?m)^rserpool_limit(?:_used)?\{limit="(\w+)"\}`).FindAllStringSubmatch(body, -1) {
		if !slices.Contains(counted, m[1]) {
			t.Errorf("%s has a bound, and no hits", m[1])
		}
	}
}

// The alert for refusals leaves out limits that are there.
func TestAlertLeavesOutLimits(t *testing.T) {
	body := scraped(t)
	for _, a := range alerts(t) {
		for _, list := range regexp.MustCompile(`limit!~"([^"]+)"`).FindAllStringSubmatch(a.Expr, -1) {
			for name := range strings.SplitSeq(list[1], "|") {
				if !strings.Contains(body, `rserpool_limit_hits_total{limit="`+name+`"}`) {
					t.Errorf("%s leaves out %s, which is no limit", a.Alert, name)
				}
			}
		}
	}
}

// Each limit of the dashboard reaches it, and none is 0 or given in vain.
func TestServeHTTPLimits(t *testing.T) {
	for flag, set := range map[string]func(*web.Limits){
		"max-http-connections":  func(l *web.Limits) { l.Connections = 5 },
		"max-feed-clients":      func(l *web.Limits) { l.FeedClients = 5 },
		"max-capture-downloads": func(l *web.Limits) { l.Downloads = 5 },
		"max-http-body-bytes":   func(l *web.Limits) { l.BodySize = 5 },
		"max-http-bodies":       func(l *web.Limits) { l.Bodies = 5 },
		"max-events-kept":       func(l *web.Limits) { l.Events = 5 },
		"max-captured-messages": func(l *web.Limits) { l.Captured = 5 },
	} {
		given := func(args ...string) httpOptions {
			cmd, o := newServe()
			if err := cmd.Flags().Parse(args); err != nil {
				t.Fatal(err)
			}
			return o.http
		}
		want := web.DefaultLimits()
		set(&want)
		o := given("--http", ":0", "--"+flag, "5")
		if err := o.check(); err != nil || o.limits != want {
			t.Errorf("--%s 5: %+v, error %v, want %+v", flag, o.limits, err, want)
		}
		if err := given("--http", ":0", "--"+flag, "0").check(); err == nil || !strings.Contains(err.Error(), "--"+flag+" 0: want 1 or more") {
			t.Errorf("--%s 0: error %v", flag, err)
		}
		if err := given("--" + flag + "=5").check(); err == nil || !strings.Contains(err.Error(), "--"+flag+": it needs --http") {
			t.Errorf("--%s without --http: error %v", flag, err)
		}
	}
}
