package view

import (
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

const (
	// ratePoints is how many points a chart has, rateStep the time between two.
	ratePoints = 60
	rateStep   = 5 * time.Second
	// rateWidth and rateHeight are the chart's, in units of its viewBox.
	rateWidth, rateHeight = 240, 40
)

// Rate is how often something happens, with a chart of the last five minutes.
type Rate struct {
	_           incomparable
	Name, Label string
	// Value is that of the last ten seconds, Note its bad share, Class its tone.
	Value, Note, Class string
	// Line and Area are paths of all, Bad of what is bad among it.
	Line, Area, Bad string
	// Text says what the chart shows.
	Text string
}

func (t Rate) slots(set Set) {
	name := "rate." + t.Name
	set(name, t.Value)
	set(name+".note", t.Note)
	set(name+".class", t.Class)
	set(name+".line", t.Line)
	set(name+".area", t.Area)
	set(name+".bad", t.Bad)
	set(name+".text", t.Text)
}

// rateKinds are the charts: what is counted, and what of it is bad.
var rateKinds = [...]struct {
	name, label, bad string
	of               func(*feed.Counters) (all, bad uint64)
}{
	{"resolutions", "Handle resolutions", "without an element", func(c *feed.Counters) (all, bad uint64) {
		return c.Resolutions + c.Unresolved, c.Unresolved
	}},
	{"registrations", "Registrations", "refused", func(c *feed.Counters) (all, bad uint64) {
		return c.Registrations + c.Reregistrations + c.Refused, c.Refused
	}},
	{"keepalives", "Keep-alives", "not answered", func(c *feed.Counters) (all, bad uint64) {
		return c.Acknowledged + c.Unanswered, c.Unanswered
	}},
	{"enrp", "ENRP messages", "", func(c *feed.Counters) (all, bad uint64) { return c.ENRPIn + c.ENRPOut, 0 }},
}

// noRates are the charts of a page that is not shown.
func noRates() []Rate {
	list := make([]Rate, len(rateKinds))
	for i, k := range rateKinds {
		list[i] = Rate{Name: k.name, Label: k.label}
	}
	return list
}

func rates(r *replica.Replica, now time.Time) []Rate {
	list, samples := noRates(), r.Samples()
	for i, k := range rateKinds {
		t := &list[i]
		var all, bad [ratePoints]uint64 // in a step
		var most, total, wrong uint64
		beforeAll, beforeBad := k.of(countersAt(samples, now.Add(-ratePoints*rateStep)))
		for n := range all {
			a, b := k.of(countersAt(samples, now.Add(-time.Duration(ratePoints-1-n)*rateStep)))
			all[n], bad[n] = a-beforeAll, b-beforeBad
			most, total, wrong = max(most, all[n]), total+all[n], wrong+bad[n]
			beforeAll, beforeBad = a, b
		}
		const seconds = int(rateStep / time.Second)
		latest := int(all[ratePoints-1] + all[ratePoints-2]) //nolint:gosec // a count
		t.Value, t.Class = perSecond(latest, 2*seconds), "dim"
		if failed := int(bad[ratePoints-1] + bad[ratePoints-2]); failed > 0 { //nolint:gosec // a count
			t.Note, t.Class = perSecond(failed, 2*seconds)+"/s "+k.bad, "bad"
		}
		t.Line = curve(all[:], most)
		t.Area = t.Line + "V" + strconv.Itoa(rateHeight) + "H0Z"
		if wrong > 0 {
			t.Bad = curve(bad[:], most)
		}
		t.Text = k.label + ": " + t.Value + " a second now, at most " + perSecond(int(most), seconds) + "; in five minutes " + Number(int(total)) //nolint:gosec // counts
		if k.bad != "" {
			t.Text += ", of them " + Number(int(wrong)) + " " + k.bad //nolint:gosec // a count
		}
	}
	return list
}

// countersAt gives the counters as they were at a time: those told last before it. Before all
// that is known nothing is known to have happened.
func countersAt(samples []feed.Counters, t time.Time) *feed.Counters {
	if len(samples) == 0 {
		return &feed.Counters{}
	}
	i := len(samples) - 1
	for i > 0 && samples[i].At > feed.At(t) {
		i--
	}
	return &samples[i]
}

// curve draws a line from the bottom, 0, to the top, most.
func curve(values []uint64, most uint64) string {
	var b strings.Builder
	for i, v := range values {
		if i == 0 {
			b.WriteByte('M')
		} else {
			b.WriteByte('L')
		}
		b.WriteString(strconv.Itoa(i * rateWidth / (ratePoints - 1)))
		b.WriteByte(' ')
		b.WriteString(strconv.Itoa(rateHeight - int(v*(rateHeight-2)/max(most, 1)))) //nolint:gosec // at most its height
	}
	return b.String()
}
