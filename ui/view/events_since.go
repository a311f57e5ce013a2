package view

import "time"

// sinces are how far back the page Events can look, by the name in its address.
var sinces = [...]struct {
	name, label string
	span        time.Duration
}{
	{"", "All", 0}, {"1h", "1 h", time.Hour}, {"15m", "15 min", 15 * time.Minute}, {"5m", "5 min", 5 * time.Minute},
}

// sinceOf reads the name of one of them; any other is all there is.
func sinceOf(name string) time.Duration {
	for _, s := range sinces {
		if s.name == name {
			return s.span
		}
	}
	return 0
}

func sinceName(span time.Duration) string {
	for _, s := range sinces {
		if s.span == span {
			return s.name
		}
	}
	return ""
}

// Since gives the choices of the page; of one that is not shown only their names.
func (p EventsPage) Since() []EventPreset {
	if p.sinces != nil {
		return p.sinces
	}
	list := since(Query{})
	for i := range list {
		list[i].URL, list[i].Current = "", false
	}
	return list
}

func since(q Query) []EventPreset {
	list := make([]EventPreset, len(sinces))
	for i, s := range sinces {
		to := q
		to.Since, to.Rows = s.span, 0
		list[i] = EventPreset{Name: "since" + s.name, Label: s.label, URL: q.link(to), Current: q.Since == s.span}
	}
	return list
}
