package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"rserpool/registrar"
)

// What is given stays, the rest is the dialect's.
func TestDialectDefaults(t *testing.T) {
	for _, dialect := range []registrar.Dialect{registrar.RFC, registrar.RSPLIB} {
		o := &serveOptions{registrar: registrar.DefaultConfig(), dialect: newDialect()}
		f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
		f.Var(o.dialect, "dialect", "")
		for _, timer := range o.timers() {
			f.DurationVar(timer.value, timer.flag, *timer.value, "")
		}
		for _, count := range o.counts() {
			f.IntVar(count.value, count.flag, *count.value, "")
		}
		if err := f.Parse([]string{"--dialect", dialect.String(), "--max-time-last-heard", "7s", "--max-elements", "9"}); err != nil {
			t.Fatal(err)
		}
		o.speak(f)
		want := dialect.Config()
		want.MaxTimeLastHeard, want.Limits.Elements = 7*time.Second, 9
		got := o.registrar
		if got.Dialect != want.Dialect || got.MaxTimeLastHeard != want.MaxTimeLastHeard || got.Limits != want.Limits ||
			got.PeerHeartbeatCycle != want.PeerHeartbeatCycle || got.MaxResolveItems != want.MaxResolveItems || got.YieldRecheck != want.YieldRecheck {
			t.Errorf("%v: %+v, want %+v", dialect, got, want)
		}
	}
}
