package view

import (
	"strconv"
	"time"

	"rserpool/registrar/feed"
)

const (
	// eventMinutes is what the histogram shows, a bar for each.
	eventMinutes = 60
	// barStep is the distance of two bars, chartHeight how high the highest is.
	barStep     = 10
	chartHeight = 48
)

func newEventBars(now time.Time) []EventBar {
	bars := make([]EventBar, eventMinutes)
	for i := range bars {
		bars[i].at = int(now.Unix()/60) - eventMinutes + 1 + i
	}
	return bars
}

func countBar(bars []EventBar, e feed.Event) {
	i := int(e.At.Time().Unix()/60) - bars[0].at
	if i < 0 || i >= len(bars) {
		return
	}
	bars[i].all++
	if isProblem(e) {
		bars[i].problems++
	}
}

// draw makes heights of counts.
func (p *EventsPage) draw(bars []EventBar, now time.Time) {
	most, total, problems := 1, 0, 0
	for _, b := range bars {
		most, total, problems = max(most, b.all), total+b.all, problems+b.problems
	}
	for i, b := range bars {
		height := (b.all*chartHeight + most - 1) / most
		bad := min((b.problems*chartHeight+most-1)/most, height)
		p.Bars = append(p.Bars, EventBar{
			ID: strconv.Itoa(i), X: strconv.Itoa(i*barStep + 1),
			Y: strconv.Itoa(chartHeight - height), Height: strconv.Itoa(height),
			BadY: strconv.Itoa(chartHeight - bad), BadHeight: strconv.Itoa(bad),
		})
	}
	p.From, p.To = minute(now.Add(-(eventMinutes-1)*time.Minute)), minute(now)
	p.Chart = plural(total, "event", "events") + " in the last 60 minutes, " + plural(problems, "problem", "problems") +
		" among them; at most " + Number(most) + " in a minute"
}

// minute gives the time of day in minutes.
func minute(at time.Time) string {
	h, m, _ := timeOfDay(at)
	return two(h) + ":" + two(m)
}
