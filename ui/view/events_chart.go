package view

import (
	"strconv"
	"time"

	"rserpool/registrar/feed"
)

const (
	// eventBars is how many bars the histogram has, barStep the distance of two,
	// chartHeight how high the highest is.
	eventBars   = 60
	barStep     = 10
	chartHeight = 48
)

// histogram counts events by time.
type histogram struct {
	bars []EventBar
	// step is the time of one bar in seconds, first that of the first one in steps.
	step, first int64
}

func newEventBars(now time.Time, span time.Duration) histogram {
	if span == 0 {
		span = time.Hour
	}
	h := histogram{bars: make([]EventBar, eventBars), step: int64(span/time.Second) / eventBars}
	h.first = now.Unix()/h.step - eventBars + 1
	return h
}

func (h histogram) count(e feed.Event) {
	i := e.At.Time().Unix()/h.step - h.first
	if i < 0 || i >= eventBars {
		return
	}
	h.bars[i].all++
	if isProblem(e) {
		h.bars[i].problems++
	}
}

// draw makes heights of counts.
func (p *EventsPage) draw(h histogram) {
	most, total, problems := 1, 0, 0
	for _, b := range h.bars {
		most, total, problems = max(most, b.all), total+b.all, problems+b.problems
	}
	for i, b := range h.bars {
		height := (b.all*chartHeight + most - 1) / most
		bad := min((b.problems*chartHeight+most-1)/most, height)
		p.Bars = append(p.Bars, EventBar{
			ID: strconv.Itoa(i), X: strconv.Itoa(i*barStep + 1),
			Y: strconv.Itoa(chartHeight - height), Height: strconv.Itoa(height),
			BadY: strconv.Itoa(chartHeight - bad), BadHeight: strconv.Itoa(bad),
		})
	}
	p.From, p.To = minute(time.Unix(h.first*h.step, 0)), minute(time.Unix((h.first+eventBars-1)*h.step, 0))
	p.Chart = plural(total, "event", "events") + " in the last " + Span(time.Duration(h.step*eventBars)*time.Second) + ", " + plural(problems, "problem", "problems") +
		" among them; at most " + Number(most) + " in " + Span(time.Duration(h.step)*time.Second)
}

// minute gives the time of day in minutes.
func minute(at time.Time) string {
	h, m, _ := timeOfDay(at)
	return two(h) + ":" + two(m)
}
