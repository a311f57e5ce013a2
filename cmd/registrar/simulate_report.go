package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/sim"
)

// simulationJSON is a report in the words of the API. Times of a death count from
// it; those of things that did not happen are left out.
type simulationJSON struct {
	Seed           uint64        `json:"seed"`
	Duration       string        `json:"duration"`
	OK             bool          `json:"ok"`
	Wrong          []string      `json:"wrong,omitempty"`
	Registrars     int           `json:"registrars"`
	Elements       int           `json:"elements"`
	Listed         int           `json:"listed"`
	Events         int           `json:"events"`
	FalseDeaths    int           `json:"false_deaths"`
	FalseTakeovers int           `json:"false_takeovers"`
	Users          *usersJSON    `json:"users,omitempty"`
	Deaths         []deathJSON   `json:"deaths"`
	Messages       []messageJSON `json:"messages"`
}

type usersJSON struct {
	Sessions  int    `json:"sessions"`
	Failovers int    `json:"failovers"`
	Failed    int    `json:"failed"`
	Longest   string `json:"longest_without_element"`
	Messages  int    `json:"messages"`
	Echoes    int    `json:"cookies_echoed"`
}

type deathJSON struct {
	At        string   `json:"at"`
	Registrar int      `json:"registrar"`
	ID        string   `json:"id"`
	Elements  int      `json:"elements"`
	Suspected string   `json:"suspected_after,omitempty"`
	Declared  string   `json:"declared_after,omitempty"`
	Initiated string   `json:"initiated_after,omitempty"`
	Won       string   `json:"won_after,omitempty"`
	AdoptedAt string   `json:"adopted_after,omitempty"`
	Adopted   int      `json:"adopted"`
	Winners   []string `json:"winners"`
}

type messageJSON struct {
	Protocol string `json:"protocol"`
	Type     string `json:"type"`
	Count    int    `json:"count"`
	Bytes    int    `json:"bytes"`
}

func newSimulationJSON(r *sim.Report, wrong error) simulationJSON {
	j := simulationJSON{
		Seed: r.Seed, Duration: r.Duration.String(), OK: wrong == nil, Registrars: r.Registrars, Elements: r.Elements, Listed: r.Listed,
		Events: r.Happenings, FalseDeaths: r.FalseDeaths, FalseTakeovers: r.FalseTakeovers,
		Deaths: []deathJSON{}, Messages: []messageJSON{},
	}
	if u := r.Users; u.Sessions > 0 {
		j.Users = &usersJSON{
			Sessions: u.Sessions, Failovers: u.Failovers, Failed: u.Failed, Longest: u.Longest.Round(time.Millisecond).String(),
			Messages: u.Messages, Echoes: u.Echoes,
		}
	}
	if wrong != nil {
		j.Wrong = strings.Split(wrong.Error(), "\n")
	}
	for _, d := range r.Deaths {
		j.Deaths = append(j.Deaths, deathJSON{
			At: d.At.String(), Registrar: d.Registrar, ID: d.Server.String(), Elements: d.Elements,
			Suspected: since(d.At, d.Suspected), Declared: since(d.At, d.Declared), Initiated: since(d.At, d.Initiated),
			Won: since(d.At, d.Won), AdoptedAt: since(d.At, d.AdoptedAt), Adopted: d.Adopted, Winners: winners(d),
		})
	}
	for _, m := range r.Messages {
		j.Messages = append(j.Messages, messageJSON{Protocol: m.Protocol.String(), Type: m.Type, Count: m.Count, Bytes: m.Bytes})
	}
	return j
}

// since is the time from a death to what followed it, "" where nothing did.
func since(death, at time.Duration) string {
	if at == 0 {
		return ""
	}
	return (at - death).Round(time.Millisecond).String()
}

func winners(d *sim.Death) []string {
	list := make([]string, len(d.Winners))
	for i, id := range d.Winners {
		list[i] = id.String()
	}
	return list
}

// printSimulation writes a report as tables.
func printSimulation(cmd *cobra.Command, r *sim.Report) error {
	fmt.Fprintf(cmd.OutOrStdout(), "After %v, %d registrars list %d of %d elements. Seed %d, %d events.\n\n",
		r.Duration, r.Registrars, r.Listed, r.Elements, r.Seed, r.Happenings)
	if u := r.Users; u.Sessions > 0 {
		rows := [][]string{
			{"SESSIONS", "FAILOVERS", "FAILED", "LONGEST WITHOUT AN ELEMENT", "MESSAGES", "COOKIES ECHOED"},
			{strconv.Itoa(u.Sessions), strconv.Itoa(u.Failovers), strconv.Itoa(u.Failed), u.Longest.Round(time.Millisecond).String(), strconv.Itoa(u.Messages), strconv.Itoa(u.Echoes)},
		}
		if err := printTable(cmd, rows...); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout())
	}
	rows := [][]string{{"DIED", "REGISTRAR", "ID", "ELEMENTS", "SUSPECTED", "DECLARED", "INITIATED", "WON", "ADOPTED", "BY"}}
	for _, d := range r.Deaths {
		row := []string{
			d.At.String(), strconv.Itoa(d.Registrar), d.Server.String(), strconv.Itoa(d.Elements),
			since(d.At, d.Suspected), since(d.At, d.Declared), since(d.At, d.Initiated), since(d.At, d.Won), since(d.At, d.AdoptedAt),
			strings.Join(winners(d), " "),
		}
		for i := range row {
			if row[i] == "" {
				row[i] = "-"
			}
		}
		rows = append(rows, row)
	}
	if len(r.Deaths) > 0 {
		if err := printTable(cmd, rows...); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout())
	}
	// What a registrar has to do with in a second, on average.
	each := func(n int) string {
		return fmt.Sprintf("%.2f", float64(n)/float64(r.Registrars)/r.Duration.Seconds())
	}
	rows = [][]string{{"PROTOCOL", "MESSAGE", "COUNT", "BYTES", "EACH/S", "BYTES EACH/S"}}
	for _, m := range r.Messages {
		rows = append(rows, []string{m.Protocol.String(), m.Type, strconv.Itoa(m.Count), strconv.Itoa(m.Bytes), each(m.Count), each(m.Bytes)})
	}
	return printTable(cmd, rows...)
}

// The timeline: a row for each registrar, and below those a row for each death on
// a scale of its own.
const (
	timelineWidth = 960
	timelineLeft  = 170
	timelineRow   = 28
)

// timeline draws a report as an SVG that needs nothing else.
func timeline(cfg sim.Config, r *sim.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		timelineLeft+timelineWidth+20, timelineRow*(cfg.Registrars+len(r.Deaths)+3))
	fmt.Fprintf(&b, "<title>registrar simulate --seed %d</title>\n"+`<rect width="100%%" height="100%%" fill="#fff"/>`+"\n", r.Seed)
	died := make(map[int]time.Duration)
	for _, d := range r.Deaths {
		died[d.Registrar] = d.At
	}
	y := 0
	label(&b, 8, y, fmt.Sprintf("%v from left to right", r.Duration))
	for n := 1; n <= cfg.Registrars; n++ {
		y += timelineRow
		label(&b, 8, y, fmt.Sprintf("registrar %d", n))
		end, dead := died[n]
		if !dead {
			end = r.Duration
		}
		bar(&b, y, 0, end, r.Duration, "#2e7d32", fmt.Sprintf("lives until %v", end))
		if dead {
			bar(&b, y, end, r.Duration, r.Duration, "#e0e0e0", "dead")
		}
	}
	if len(r.Deaths) > 0 {
		drawDeaths(&b, y+timelineRow, r.Deaths)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// stage is one part of what follows a death.
type stage struct {
	from, to    time.Duration
	color, what string
}

func stages(d *sim.Death) []stage {
	return []stage{
		{d.At, d.Suspected, "#bdbdbd", "not noticed"},
		{d.Suspected, d.Declared, "#fbc02d", "suspected"},
		{d.Declared, d.Won, "#e65100", "arbitrated"},
		{max(d.Won, d.Declared), d.AdoptedAt, "#1565c0", "adopted"},
	}
}

func drawDeaths(b *strings.Builder, y int, deaths []*sim.Death) {
	zoom := time.Second
	for _, d := range deaths {
		zoom = max(zoom, d.AdoptedAt-d.At, d.Declared-d.At)
	}
	zoom *= 2 // the rest is for the text
	label(b, 8, y, fmt.Sprintf("what followed each death, %v from left to right:", zoom.Round(time.Second)))
	for i, s := range stages(deaths[0]) {
		x := timelineLeft + 180 + 120*i
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="14" height="14" fill="%s"/>`+"\n", x, y+4, s.color)
		label(b, x+20, y, s.what)
	}
	for _, d := range deaths {
		y += timelineRow
		label(b, 8, y, fmt.Sprintf("registrar %d at %v", d.Registrar, d.At))
		text, last := "", time.Duration(0)
		for _, s := range stages(d) {
			if s.from == 0 || s.to < s.from {
				continue
			}
			took := (s.to - s.from).Round(time.Millisecond)
			bar(b, y, s.from-d.At, s.to-d.At, zoom, s.color, fmt.Sprintf("%s: %v", s.what, took))
			text += fmt.Sprintf("%s %v, ", s.what, took)
			last = s.to - d.At
		}
		text += fmt.Sprintf("%d elements", d.Elements)
		label(b, int(place(last, zoom))+8, y, text)
	}
}

func label(b *strings.Builder, x, y int, text string) {
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", x, y+timelineRow/2+2, text)
}

// place is where a moment out of all is, from the left.
func place(at, all time.Duration) float64 {
	return timelineLeft + timelineWidth*min(1, at.Seconds()/max(all.Seconds(), 1e-9))
}

// bar draws the time from one moment to another out of all; its title says what
// it is. The shortest is still seen.
func bar(b *strings.Builder, y int, from, to, all time.Duration, color, title string) {
	x := place(from, all)
	fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"><title>%s</title></rect>`+"\n",
		x, y, max(1, place(to, all)-x), timelineRow-8, color, title)
}
