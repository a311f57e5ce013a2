package view

import (
	"slices"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// Mesh is the drawing of the registrars: this one in the middle, peers at both
// sides, elbow lines between them. It shows links of this registrar only: what
// peers have among themselves is not seen from here.
type Mesh struct {
	// ViewBox and Height are those of the SVG.
	ViewBox, Height string
	// Text says the same in one sentence.
	Text  string
	Nodes []MeshNode
	Links []MeshLink
}

// MeshNode is one box.
type MeshNode struct {
	ID, URL, Class string
	// Where is the box's place, as the attribute transform wants it.
	Where string
	// Title is the ID, or "9 others"; Word the state; Note the third line.
	Title, Icon, Word, Note string
}

// Key is the registrar's ID.
func (n MeshNode) Key() string { return n.ID }

// Slots gives the values of the box.
func (n MeshNode) Slots(set Set) {
	set("url", n.URL)
	set("class", n.Class)
	set("where", n.Where)
	set("title", n.Title)
	set("icon", n.Icon)
	set("word", n.Word)
	set("note", n.Note)
}

// MeshLink is one line, with a label on each side of its straight part.
type MeshLink struct {
	ID, Path, Class string
	// X and the two heights are where the labels stand.
	X, Above, Below string
	Label, Age      string
}

// Key is the peer's ID.
func (l MeshLink) Key() string { return l.ID }

// Slots gives the values of the line.
func (l MeshLink) Slots(set Set) {
	set("path", l.Path)
	set("class", l.Class)
	set("x", l.X)
	set("above", l.Above)
	set("below", l.Below)
	set("label", l.Label)
	set("age", l.Age)
}

func (m Mesh) slots(name string, set Set) {
	set(name+".box", m.ViewBox)
	set(name+".height", m.Height)
	set(name+".text", m.Text)
}

func (m Mesh) lists(name string) []List {
	return []List{{name + ".links", rowsOf(m.Links)}, {name + ".nodes", rowsOf(m.Nodes)}}
}

// MeshSize is the measure of a drawing, in pixels: text must not be scaled.
type MeshSize struct {
	Width, BoxWidth, BoxHeight, Gap, Spread int
	// Notes and Labels are left out where there is no room for them.
	Notes, Labels bool
}

var (
	wideMesh  = MeshSize{Width: 740, BoxWidth: 172, BoxHeight: 62, Gap: 28, Spread: 18, Notes: true, Labels: true}
	smallMesh = MeshSize{Width: 332, BoxWidth: 114, BoxHeight: 42, Gap: 24, Spread: 6}
)

const (
	// maxMesh is how many peers are drawn; beyond it the calm ones become one box.
	maxMesh = 12
	// corner is the radius of the elbows.
	corner = 10
	margin = 10
)

func newMesh(r *replica.Replica, now time.Time, size MeshSize, q Query) Mesh {
	peers := allPeers(r) // by ID
	worst := slices.Clone(peers)
	sortPeers(worst, Query{})
	others := 0
	if len(peers) > maxMesh {
		calm := slices.IndexFunc(worst, func(p *replica.Peer) bool { return !needsLook(*p) })
		if calm < 0 || calm >= maxMesh {
			calm = maxMesh - 1
		}
		others = len(peers) - calm
		peers = worst[:calm]
	}
	boxes := len(peers)
	if others > 0 {
		boxes++
	}
	g := geometry{size, (boxes + 1) / 2, boxes / 2}
	m := Mesh{ViewBox: itoa(g.start()) + " 0 " + itoa(size.Width) + " " + itoa(g.height()), Height: itoa(g.height()), Text: meshText(r)}
	for i, p := range peers {
		m.Nodes = append(m.Nodes, meshNode(*p, q, size, g.where(i)))
		m.Links = append(m.Links, g.link(i, *p, now))
	}
	if others > 0 {
		m.Nodes = append(m.Nodes, MeshNode{
			ID: "others", URL: q.link(Query{Kind: Peers}), Class: "node", Where: g.where(len(peers)),
			Title: plural(others, "other", "others"), Icon: "#i-up", Word: "see the table",
		})
		m.Links = append(m.Links, g.line(len(peers), "others", "edge ok"))
	}
	x, y := g.middle()
	self := MeshNode{
		ID: r.Self().String(), URL: peerURL(q, r.Self()), Class: "node self", Where: translate(x, y),
		Title: r.Self().String(), Icon: "#i-self", Word: "This registrar",
	}
	if size.Notes {
		self.Note = plural(r.Counts().Owned, "element", "elements")
	}
	m.Nodes = append(m.Nodes, self)
	return m
}

// meshText is the drawing for those who do not see it.
func meshText(r *replica.Replica) string {
	return "This registrar " + r.Self().String() + " and its links. " + tallyPeers(r).sentence() + " The table has the details."
}

func meshNode(p replica.Peer, q Query, size MeshSize, where string) MeshNode {
	id := p.Peer
	badge := peerBadge(p)
	if a := agree(p); p.State == feed.Active && a >= resyncing {
		badge = agreementBadge(a)
	}
	n := MeshNode{
		ID: id.String(), URL: peerURL(q, id), Class: "node " + tone(p), Where: where,
		Title: id.String(), Icon: badge.Icon, Word: badge.Word,
	}
	if size.Notes {
		n.Note = plural(p.Elements, "element", "elements")
	}
	return n
}

// tone is how a peer and its line are drawn.
func tone(p replica.Peer) string {
	switch {
	case p.State == feed.Dead:
		return "gone"
	case p.State == feed.Suspect || p.State == feed.TakingOver:
		return "silent"
	case p.State == feed.Discovered || p.State == feed.Yielded:
		return "unseen"
	case agree(p) == outOfStep:
		return "bad"
	default:
		return "ok"
	}
}

// geometry places boxes in rows: even ones at the left, odd ones at the right,
// from the top down. One row is left free for this registrar, in the middle.
type geometry struct {
	size        MeshSize
	left, right int
}

// above is how many rows are above the middle.
func (g geometry) above() int { return (g.left + 1) / 2 }

func (g geometry) pitch() int { return g.size.BoxHeight + g.size.Gap }

func (g geometry) height() int {
	return (g.above()+g.left/2+1)*g.pitch() - g.size.Gap + 2*margin
}

// start is where the drawing begins: a scope of two, with nothing at the right,
// is moved into the middle.
func (g geometry) start() int {
	if g.left+g.right != 1 {
		return 0
	}
	x, _ := g.middle()
	return (margin + x + g.size.BoxWidth - g.size.Width) / 2
}

// middle is the upper left corner of this registrar's box.
func (g geometry) middle() (x, y int) {
	return (g.size.Width - g.size.BoxWidth) / 2, margin + g.above()*g.pitch()
}

// place is the upper left corner of a peer's box, and how many rows it is from
// the middle: negative above it.
func (g geometry) place(i int) (x, y, rows int) {
	side, x := g.left, margin
	if i%2 == 1 {
		side, x = g.right, g.size.Width-margin-g.size.BoxWidth
	}
	row := i / 2
	rows = row - (side+1)/2
	if rows >= 0 {
		rows++
	}
	return x, margin + (g.above()+rows)*g.pitch(), rows
}

func (g geometry) where(i int) string {
	x, y, _ := g.place(i)
	return translate(x, y)
}

func (g geometry) link(i int, p replica.Peer, now time.Time) MeshLink {
	l := g.line(i, p.Peer.String(), "edge "+tone(p))
	if !g.size.Labels {
		return l
	}
	age := Ago(p.Heard.Time(), now)
	switch tone(p) {
	case "gone":
		l.Label, l.Age = "no link", "heard "+age
	case "silent":
		l.Label, l.Age = "silent", "heard "+age
	case "unseen":
		l.Label = "told by a peer"
	case "bad":
		l.Label, l.Age = "out of step", "heard "+age
	default:
		l.Label, l.Age = p.Told.String(), "heard "+age
		if !p.HasTold {
			l.Label = "no checksum told"
		}
	}
	return l
}

// line draws from a peer's box level towards the middle, then up or down to it.
// Outer boxes turn nearer to the middle, so no two lines cross.
func (g geometry) line(i int, id, class string) MeshLink {
	s := g.size
	x, y, rows := g.place(i)
	mx, my := g.middle()
	y += s.BoxHeight / 2
	out := s.Spread * (abs(rows) - 1)
	start, turn, back := x+s.BoxWidth, max(mx+s.Spread, x+s.BoxWidth+corner+s.Spread)+out, -corner
	if i%2 == 1 {
		start, turn, back = x, min(mx+s.BoxWidth-s.Spread, x-corner-s.Spread)-out, corner
	}
	edge, bend := my, corner
	if rows > 0 {
		edge, bend = my+s.BoxHeight, -corner
	}
	return MeshLink{
		ID: id, Class: class, X: itoa((start + turn) / 2), Above: itoa(y - 6), Below: itoa(y + 16),
		Path: "M" + itoa(start) + " " + itoa(y) + "H" + itoa(turn+back) +
			"Q" + itoa(turn) + " " + itoa(y) + " " + itoa(turn) + " " + itoa(y+bend) + "V" + itoa(edge),
	}
}

func abs(n int) int { return max(n, -n) }

func translate(x, y int) string { return "translate(" + itoa(x) + " " + itoa(y) + ")" }
