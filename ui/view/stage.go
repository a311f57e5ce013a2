package view

import (
	"cmp"
	"slices"
	"strings"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Stage is the drawing of a takeover: a lane for each registrar and one for the
// elements, and three panels side by side, each with a scale of its own.
type Stage struct {
	ViewBox, Height string
	// Text says the same in one sentence.
	Text  string
	Lanes []Lane
	Marks []Mark
}

// Lane is the label of a lane.
type Lane struct{ ID, Where, Class, Icon, Note string }

// Key is what the lane is of.
func (l Lane) Key() string { return l.ID }

// Slots gives the values of the lane.
func (l Lane) Slots(set Set) {
	set("id", l.ID)
	set("where", l.Where)
	set("class", l.Class)
	set("icon", l.Icon)
	set("note", l.Note)
}

// Mark is one line, block or sign of the drawing, and its text if it has one.
type Mark struct{ ID, Path, Class, X, Y, Text string }

// Key is the number of the mark.
func (m Mark) Key() string { return m.ID }

// Slots gives the values of the mark.
func (m Mark) Slots(set Set) {
	set("path", m.Path)
	set("class", m.Class)
	set("x", m.X)
	set("y", m.Y)
	set("text", m.Text)
}

// Measures of the drawing, in pixels: text is not scaled.
const (
	stageWidth = 1000
	laneLabels = 136
	panelGap   = 18
	panelWidth = (stageWidth - laneLabels - 3*panelGap) / 3
	panelInset = 12
	laneTop    = 56
	lanePitch  = 44
	axisHeight = 40
	// slant is how far a message leans: the time on its way is not known.
	slant = 14
	// maxLanes is how many peers have a lane of their own.
	maxLanes = 8
)

// drawing is a stage under work.
type drawing struct {
	*story
	marks []Mark
	acts  [3]act
	// peers have lanes, in this order; others share one more.
	peers  []wire.ServerID
	others int
	// at is the playhead: what is later is faint.
	at feed.Moment
}

func (s *story) stage(r *replica.Replica, list []beat, now, at feed.Moment) Stage {
	d := &drawing{story: s, acts: s.acts(now), at: at}
	d.cast(r.Self())
	d.panels()
	d.detection()
	d.arbitration(list)
	d.adoption()
	d.playhead()
	height := itoa(d.bottom() + axisHeight)
	return Stage{
		ViewBox: "0 0 " + itoa(stageWidth) + " " + height, Height: height,
		Text:  "Takeover of " + s.Target.String() + ", " + s.summary() + ". The table of steps says the same in words.",
		Lanes: d.labels(r.Self()), Marks: d.marks,
	}
}

// cast gives lanes to the peers that have a part in it.
func (d *drawing) cast(self wire.ServerID) {
	for _, m := range d.Steps {
		if m.Peer != 0 && m.Peer != d.Target && m.Peer != self && !slices.Contains(d.peers, m.Peer) {
			d.peers = append(d.peers, m.Peer)
		}
	}
	slices.SortFunc(d.peers, cmp.Compare[wire.ServerID]) // by a function, as rows of tables are sorted
	if len(d.peers) > maxLanes {
		d.others = len(d.peers) - maxLanes + 1
		d.peers = d.peers[:maxLanes-1]
	}
}

func laneY(i int) int { return laneTop + i*lanePitch }

// Lanes: the target is 0, this registrar 1, then the peers, and last the elements.
const (
	targetLane = iota
	selfLane
	firstPeer
)

func (d *drawing) lanes() int {
	n := firstPeer + len(d.peers) + 1
	if d.others > 0 {
		n++
	}
	return n
}

func (d *drawing) elementLane() int { return d.lanes() - 1 }
func (d *drawing) bottom() int      { return laneY(d.lanes()-1) + 28 }

// laneOf is where a registrar is; those without a lane share the last one.
func (d *drawing) laneOf(id wire.ServerID) int {
	if id == d.Target {
		return targetLane
	}
	if i := slices.Index(d.peers, id); i >= 0 {
		return firstPeer + i
	}
	return firstPeer + len(d.peers)
}

func (d *drawing) labels(self wire.ServerID) []Lane {
	at := func(i int) string { return translate(0, laneY(i)) }
	lanes := []Lane{
		{d.Target.String(), at(targetLane), "lane-of bad", "#i-dead", "Target"},
		{self.String(), at(selfLane), "lane-of accent", "#i-self", "This registrar"},
	}
	if d.end == feed.Cancelled {
		lanes[0].Class, lanes[0].Icon, lanes[0].Note = "lane-of ok", "#i-up", "Target, it lives"
	}
	for i, id := range d.peers {
		l := Lane{id.String(), at(firstPeer + i), "lane-of ok", "#i-up", "Peer"}
		if id == d.rival {
			l.Class, l.Icon, l.Note = "lane-of move", "#i-takeover", "Peer, takes over"
		}
		lanes = append(lanes, l)
	}
	if d.others > 0 {
		lanes = append(lanes, Lane{plural(d.others, "other peer", "other peers"), at(firstPeer + len(d.peers)), "lane-of ok", "#i-up", "Share a lane"})
	}
	return append(lanes, Lane{plural(d.elements, "element", "elements"), at(d.elementLane()), "lane-of off", "#i-up", "of the target"})
}

func panelX(panel int) int { return laneLabels + panel*(panelWidth+panelGap) }

// x is where a moment is in a panel.
func (d *drawing) x(panel int, at feed.Moment) int {
	a := d.acts[panel]
	room := feed.Moment(panelWidth - 2*panelInset)
	span := max(a.to-a.from, 1)
	return panelX(panel) + panelInset + int(min(max(at-a.from, 0), span)*room/span)
}

// draw adds a mark; at is when it happens.
func (d *drawing) draw(class, path string, at feed.Moment) {
	if at > d.at {
		class += " later"
	}
	d.marks = append(d.marks, Mark{ID: "m" + itoa(len(d.marks)), Class: class, Path: path})
}

// label gives the latest mark a text.
func (d *drawing) label(x, y int, text string) {
	m := &d.marks[len(d.marks)-1]
	m.X, m.Y, m.Text = itoa(x), itoa(y), text
}

// path puts numbers between the letters of a path's data.
func path(parts ...any) string {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case int:
			b.WriteString(itoa(p) + " ")
		}
	}
	return strings.TrimSpace(b.String())
}

// arrow goes from one lane to another, and has a head.
func (d *drawing) arrow(class string, x1, from, x2, to int, at feed.Moment) {
	y1, y2, back := laneY(from), laneY(to)-3, -6
	if y2 < y1 {
		y2, back = laneY(to)+3, 6
	}
	d.draw(class, path("M", x1, y1, "L", x2, y2, "M", x2-4, y2+back, "L", x2, y2, "L", x2+4, y2+back), at)
}

var panelNames = [3]string{"Detection", "Arbitration", "Adoption"}

// panels are the grounds, the lines of the lanes and the scales.
func (d *drawing) panels() {
	for i, a := range d.acts {
		x := panelX(i)
		d.draw("ground", path("M", x, laneTop-24, "h", panelWidth, "V", d.bottom(), "h", -panelWidth, "z"), 0)
		d.label(x+2, 18, panelNames[i])
		var lines strings.Builder
		for lane := range d.lanes() {
			lines.WriteString(path("M", x+6, laneY(lane), "h", panelWidth-12))
		}
		d.draw("lane", lines.String(), 0)
		switch {
		case !a.there() && d.Ended:
			d.label(x+panelWidth/2, laneY(0)-8, "not at this registrar")
		case !a.there():
			d.label(x+panelWidth/2, laneY(0)-8, "not begun")
		default:
			d.scale(i)
		}
	}
	for i := range 2 { // the scales differ
		x := panelX(i) + panelWidth + panelGap/2
		d.draw("break", path("M", x-6, d.bottom()+4, "l", 5, -10, "M", x, d.bottom()+4, "l", 5, -10), 0)
	}
}

// scale marks round times below a panel, and its end.
func (d *drawing) scale(panel int) {
	a := d.acts[panel]
	span := max(a.to-a.from, 1)
	unit, word := feed.Moment(1_000_000), " s"
	if span < 1_000_000 {
		unit, word = 1000, " ms"
	}
	step := feed.Moment(1)
	for i := 0; step*5 < span; i++ { // 1, 2, 5, 10, ...
		step = [...]feed.Moment{2, 5, 10}[i%3] * pow10(i/3)
	}
	y := d.bottom()
	for at := feed.Moment(0); at < span; at += step {
		x := d.x(panel, a.from+at)
		if x > panelX(panel)+panelWidth-64 {
			break // there stands the end
		}
		d.draw("tick", path("M", x, laneTop-24, "V", y), 0)
		d.label(x, y+16, trimZeros(fixed(int64(at), int64(unit), 3)))
	}
	d.draw("tick end", path("M", d.x(panel, a.to), laneTop-24, "V", y), 0)
	d.label(d.x(panel, a.to)+8, y+16, trimZeros(fixed(int64(span), int64(unit), 2))+word)
}

func pow10(n int) feed.Moment {
	p := feed.Moment(1)
	for range n {
		p *= 10
	}
	return p
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// block is a span of time on a lane.
func (d *drawing) block(class string, panel, lane int, from, to feed.Moment) {
	x1, x2 := d.x(panel, from), d.x(panel, to)
	d.draw(class, path("M", x1, laneY(lane)-6, "H", x2, "v", 12, "H", x1, "z"), from)
}

// dot is one moment on a lane.
func (d *drawing) dot(class string, x, lane int, at feed.Moment) {
	d.draw(class, path("M", x-4, laneY(lane), "a", 4, 4, 0, 1, 0, 8, 0, "a", 4, 4, 0, 1, 0, -8, 0), at)
}

func (d *drawing) detection() {
	a := d.acts[0]
	if !a.there() {
		return
	}
	silent := d.dead
	if d.doubted != 0 {
		silent = d.doubted
	}
	d.block("silence", 0, targetLane, d.heard, silent)
	d.label((d.x(0, d.heard)+d.x(0, silent))/2, laneY(targetLane)+20, "silent for "+lapse(silent-d.heard))
	d.dot("dot", d.x(0, d.heard), targetLane, d.heard)
	d.label(d.x(0, d.heard), laneY(targetLane)-12, "last heard")
	if d.doubted == 0 {
		return
	}
	d.block("death", 0, targetLane, d.doubted, d.dead)
	x := d.x(0, d.doubted)
	d.arrow("msg", x, selfLane, x, targetLane, d.doubted)
	d.label(x, laneY(selfLane)+16, "asked, no answer in "+lapse(d.dead-d.doubted))
	d.marks[len(d.marks)-1].Class += " before"
}

func (d *drawing) arbitration(list []beat) {
	if !d.acts[1].there() {
		return
	}
	acks, inits := 0, false
	for _, m := range d.Steps {
		x := d.x(1, m.At)
		in, out := max(x-slant, panelX(1)+2), min(x+slant, panelX(1)+panelWidth-2)
		switch m.Kind {
		case feed.InitSent:
			class := "msg"
			if m.Peer == d.Target {
				class = "msg lost"
			}
			d.arrow(class, x, selfLane, out, d.laneOf(m.Peer), m.At)
			if !inits {
				inits = true
				d.label(panelX(1)+panelInset+8, laneTop-12, "INIT_TAKEOVER to "+Number(d.wishes(list)))
			}
		case feed.InitReceived:
			d.arrow("msg", in, d.laneOf(m.Peer), x, selfLane, m.At)
		case feed.AckSent:
			d.arrow("msg ok", x, selfLane, out, d.laneOf(m.Peer), m.At)
			d.label(out, laneY(d.laneOf(m.Peer))+14, "consent")
		case feed.AckReceived:
			acks++
			d.arrow("msg ok", in, d.laneOf(m.Peer), x, selfLane, m.At)
			if m.Count == 0 {
				d.label(x-6, laneY(selfLane)-8, "ACK "+Number(acks)+" of "+Number(len(d.asked)))
				d.marks[len(d.marks)-1].Class += " before"
			}
		case feed.NotAwaited:
			y := laneY(d.laneOf(m.Peer))
			d.draw("cross", path("M", x-4, y-4, "l", 8, 8, "m", 0, -8, "l", -8, 8), m.At)
		case feed.Contested:
			d.arrow("msg warn", in, d.laneOf(m.Peer), x, selfLane, m.At)
			d.label(in, laneY(d.laneOf(m.Peer))+14, "contest")
		case feed.ServerReceived:
			d.arrow("msg server", in, d.laneOf(m.Peer), x, selfLane, m.At)
			d.label(x-6, laneY(selfLane)-8, "TAKEOVER_SERVER")
			d.marks[len(d.marks)-1].Class += " before"
		case feed.Cancelled:
			d.arrow("msg ok", in, targetLane, x, selfLane, m.At)
			d.label(x-6, laneY(targetLane)-12, "heard again")
			d.marks[len(d.marks)-1].Class += " before"
		default:
		}
	}
}

// wishes is to how many the first INIT_TAKEOVERs went.
func (d *drawing) wishes(list []beat) int {
	for _, b := range list {
		if b.Kind == feed.InitSent {
			return b.n
		}
	}
	return 0
}

func (d *drawing) adoption() {
	if !d.acts[2].there() {
		return
	}
	served, lane := 0, d.elementLane()
	seen := map[[2]int]bool{} // one sign for each kind and pixel is enough
	for _, m := range d.Steps {
		x := d.x(2, m.At)
		y := laneY(lane)
		once := func() bool {
			k := [2]int{int(m.Kind), x}
			was := seen[k]
			seen[k] = true
			return !was
		}
		switch m.Kind {
		case feed.ServerSent:
			served++
			d.arrow("msg server", x, selfLane, x+slant, d.laneOf(m.Peer), m.At)
			if served == 1 {
				n := 0
				for _, o := range d.Steps {
					if o.Kind == feed.ServerSent {
						n++
					}
				}
				d.label(panelX(2)+panelInset+8, laneTop-12, "TAKEOVER_SERVER to "+Number(n))
			}
		case feed.Asked:
			if once() {
				d.draw("asked", path("M", x, y-9, "v", 5), m.At)
			}
			if m.Count == 1 {
				d.draw("msg faint", path("M", d.x(2, d.won), laneY(selfLane), "L", x, y-10), m.At)
				d.label(min(x+10, panelX(2)+panelWidth-170), y-18, "keep-alive with H=1 to "+Number(d.toldOf))
			}
		case feed.Answered:
			if once() {
				d.draw("answer", path("M", x, y-5, "v", 10), m.At)
			}
		case feed.Gone:
			if once() {
				d.draw("cross", path("M", x-4, y-4, "l", 8, 8, "m", 0, -8, "l", -8, 8), m.At)
			}
		case feed.Moved:
			if once() {
				d.draw("moved", path("M", x-4, y+4, "L", x, y-4, "L", x+4, y+4, "z"), m.At)
			}
		default:
		}
	}
	if text := d.tallyAt(max(d.at, d.won)); text != "" {
		d.draw("sum", "", 0)
		d.label(panelX(2)+panelInset, laneY(lane)+22, text)
	}
}

// playhead is a line over all lanes, in the panel of its moment.
func (d *drawing) playhead() {
	for i := len(d.acts) - 1; i >= 0; i-- {
		if a := d.acts[i]; a.there() && d.at >= a.from {
			x := d.x(i, d.at)
			d.draw("playhead", path("M", x-5, laneTop-34, "h", 10, "v", 6, "l", -5, 5, "l", -5, -5, "z", "M", x, laneTop-24, "V", d.bottom()), 0)
			return
		}
	}
}
