package view

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// PeersPage shows whether the registrars agree.
type PeersPage struct {
	Summary string
	// The card that asks whether this page tells the truth.
	Applied, OwnSums, PeerSums string
	OwnBadge                   Badge
	Digests                    Digests
	Small, Wide                Mesh
	Table                      Table
	Rows                       []PeerRow
	// Takeovers are the latest, NoTakeovers says that there is none.
	Takeovers   []TakeoverLine
	NoTakeovers string
	// Said is what came of a probe or a resynchronisation.
	Said string
}

// PeerRow is one registrar.
type PeerRow struct {
	ID, Address string
	State       Badge
	// Heard is the age of its last message, HeardAt the time of it.
	Heard, HeardAt string
	Late           bool
	// Due is when its next heartbeat is expected, by the time between the last.
	Due     string
	Overdue bool
	// Trip is how long its answer to the last probe took.
	Trip, TripAt string
	TripLost     bool
	Elements     string
	// The checksum of its elements, by three witnesses.
	Told, Computed, Page string
	Differ               bool
	Sync                 Badge
	// Differed says in which pool it is another one, or was last.
	Differed string
	// Self marks this registrar.
	Self bool
}

// Key is the registrar's ID.
func (r PeerRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r PeerRow) Slots(set Set) {
	set("id", r.ID)
	set("anchor", Anchor(r.ID))
	set("address", r.Address)
	r.State.slots("state", set)
	set("heard", r.Heard)
	set("heard.at", r.HeardAt)
	set("heard.class", few(r.Late))
	set("due", r.Due)
	set("due.class", r.DueClass())
	set("trip", r.Trip)
	set("trip.at", r.TripAt)
	set("trip.class", r.TripClass())
	set("elements", r.Elements)
	set("told", r.Told)
	set("computed", r.Computed)
	set("page", r.Page)
	set("sum.class", r.SumClass())
	r.Sync.slots("sync", set)
	set("differed", r.Differed)
	set("self", yes(r.Self))
	set("probe.name", "Probe "+r.ID)
	set("resync.name", "Resync with "+r.ID)
	set("row.class", r.RowClass())
}

// Anchor is the id of a registrar's row.
func Anchor(id string) string { return "peer-" + id }

// HeardClass is the style of the age.
func (r PeerRow) HeardClass() string { return few(r.Late) }

// DueClass is the style of what is said of the next heartbeat.
func (r PeerRow) DueClass() string { return "line2 " + few(r.Overdue) }

// TripClass is the style of the round trip.
func (r PeerRow) TripClass() string { return few(r.TripLost) }

// SumClass is the style of the checksums.
func (r PeerRow) SumClass() string {
	if r.Differ {
		return "mono bad"
	}
	return "mono"
}

// RowClass is the style of the row.
func (r PeerRow) RowClass() string {
	if r.Self {
		return "own"
	}
	return "peer"
}

func (p PeersPage) slots(set Set) {
	set("peers.summary", p.Summary)
	set("truth.applied", p.Applied)
	set("truth.own", p.OwnSums)
	p.OwnBadge.slots("truth.same", set)
	p.Digests.slots(set)
	set("truth.peers", p.PeerSums)
	set("takeovers.none", p.NoTakeovers)
	set("peers.said", p.Said)
	p.Small.slots("mesh.small", set)
	p.Wide.slots("mesh.wide", set)
	p.Table.slots("peers", set)
}

// tally counts what the peers' checksums say.
type tally struct{ peers, alive, same, differ, untold, silent, dead, look int }

func tallyPeers(r *replica.Replica) tally {
	var t tally
	for p := range r.Peers() {
		t.peers++
		if needsLook(p) {
			t.look++
		}
		if p.State == feed.Dead {
			t.dead++
			continue
		}
		t.alive++
		if p.State == feed.Suspect || p.State == feed.TakingOver {
			t.silent++
		}
		switch agree(p) {
		case inStep:
			t.same++
		case notTold:
			t.untold++
		default:
			t.differ++
		}
	}
	return t
}

// sentence says in words how many of the peers are in which way.
func (t tally) sentence() string {
	if t.peers == 0 {
		return "No other registrar is known. This one is alone in its scope."
	}
	var text strings.Builder
	text.WriteString(plural(t.peers, "other registrar", "other registrars") + ".")
	var odd []string
	for _, c := range []struct {
		n    int
		what string
	}{{t.silent, " silent"}, {t.differ, " out of step"}, {t.dead, " dead"}} {
		if c.n > 0 {
			odd = append(odd, Number(c.n)+c.what)
		}
	}
	switch {
	case len(odd) > 0:
		for i, o := range odd {
			if i == 0 {
				text.WriteString(" " + o)
			} else {
				text.WriteString(", " + o)
			}
		}
		return text.String() + "."
	case t.untold > 0:
		return text.String() + " " + Number(t.untold) + " not heard with a checksum yet."
	default:
		return text.String() + " All are in step."
	}
}

// agreement says the same in the bar.
func (t tally) agreement() string {
	switch {
	case t.peers == 0:
		return "Alone in its scope"
	case t.alive == 0:
		return "No peer is left"
	default:
		return "In step with " + Number(t.same) + " of " + plural(t.alive, "peer", "peers")
	}
}

func peersPage(r *replica.Replica, now time.Time, q Query) PeersPage {
	t := tallyPeers(r)
	p := PeersPage{
		Summary: t.sentence(), Said: q.Said,
		Applied: "applied " + Number(int(r.Sequence().Number)), //nolint:gosec // counts from 0
		Small:   newMesh(r, now, smallMesh, q),
		Wide:    newMesh(r, now, wideMesh, q),
		Table: newTable(q, "need", Column{Name: "need", Label: "State"}, Column{Name: "id", Label: "Registrar"},
			Column{Name: "heard", Label: "Last heard"}, Column{Name: "elements", Label: "Elements"}),
	}
	p.Digests = q.digests()
	p.PeerSums = Number(t.same) + " same, " + Number(t.differ) + " differ, " + Number(t.untold) + " not told"
	if t.peers == 0 {
		p.PeerSums = "none"
	}
	p.OwnSums, p.OwnBadge = ownSums(r)
	if p.Takeovers = takeoverLines(r, q); len(p.Takeovers) == 0 {
		p.NoTakeovers = "None since this registrar started."
	}
	peers := allPeers(r)
	sortPeers(peers, q)
	shown := peers[:min(len(peers), q.rows())]
	for _, peer := range shown {
		row := peerRow(*peer, now)
		row.Differed = difference(r, now, *peer)
		row.Due, row.Overdue = heartbeat(r, *peer, now)
		row.trip(q.Kept)
		p.Rows = append(p.Rows, row)
	}
	p.Rows = append(p.Rows, selfRow(r))
	p.Table.window(q, len(shown), len(peers), len(peers))
	return p
}

// ownSums compares what this registrar says of its own elements with what the
// page adds up.
func ownSums(r *replica.Replica) (string, Badge) {
	told, page, known := r.Own()
	switch {
	case !known:
		return page.String() + " by this page, nothing told yet", quiet("off", "unknown", "Not told")
	case told != page:
		return told.String() + " told, " + page.String() + " by this page", chip("bad", "differ", "Differs")
	default:
		return told.String() + " told and by this page", quiet("ok", "equal", "Same")
	}
}

func allPeers(r *replica.Replica) []*replica.Peer {
	var peers []*replica.Peer
	for p := range r.Peers() {
		peers = append(peers, &p)
	}
	return peers
}

func sortPeers(peers []*replica.Peer, q Query) {
	column, falling := q.order("need")
	slices.SortStableFunc(peers, func(a, b *replica.Peer) int {
		if falling {
			a, b = b, a
		}
		switch column {
		case "need":
			return cmp.Compare(peerRank(*a), peerRank(*b))
		case "heard":
			return cmp.Compare(a.Heard, b.Heard)
		case "elements":
			return cmp.Compare(a.Elements, b.Elements)
		default:
			return cmp.Compare(a.Peer, b.Peer)
		}
	})
}

// peerRank puts the worst first.
func peerRank(p replica.Peer) int { return min(peerBadge(p).rank(), agreementBadge(agree(p)).rank()) }

func peerRow(p replica.Peer, now time.Time) PeerRow {
	row := PeerRow{
		ID: p.Peer.String(), Address: endpoint(p.Information.Transport), State: peerBadge(p),
		Heard: Ago(p.Heard.Time(), now), HeardAt: Stamp(p.Heard.Time()),
		Late: p.State == feed.Suspect || p.State == feed.TakingOver, Elements: Number(p.Elements),
		Told: unknown, Computed: unknown, Page: p.Page.String(), Sync: agreementBadge(agree(p)),
	}
	if p.HasTold {
		row.Told = p.Told.String()
	}
	if p.HasComputed {
		row.Computed = p.Computed.String()
	}
	row.Differ = agree(p) >= resyncing
	return row
}

func selfRow(r *replica.Replica) PeerRow {
	told, page, known := r.Own()
	_, same := ownSums(r)
	row := PeerRow{
		ID: r.Self().String(), Address: endpoint(r.State().Information.Transport), State: selfBadge(), Heard: unknown,
		Elements: Number(r.Counts().Owned), Told: unknown, Computed: unknown, Page: page.String(),
		Differ: known && told != page, Sync: same, Self: true, Trip: unknown,
	}
	if known {
		row.Told, row.Computed = told.String(), told.String()
	}
	return row
}

// PeerLine is one registrar in the overview's short list.
type PeerLine struct {
	ID, URL, Note string
	State         Badge
}

// Key is the registrar's ID.
func (l PeerLine) Key() string { return l.ID }

// Slots gives the values of the line.
func (l PeerLine) Slots(set Set) {
	set("id", l.ID)
	set("url", l.URL)
	set("note", l.Note)
	l.State.slots("state", set)
}

// maxPeerLines keeps the overview's list short.
const maxPeerLines = 6

func peerLines(r *replica.Replica, now time.Time, q Query) []PeerLine {
	peers := allPeers(r)
	sortPeers(peers, Query{})
	var lines []PeerLine
	for _, p := range peers[:min(len(peers), maxPeerLines)] {
		badge := peerBadge(*p)
		if a := agreementBadge(agree(*p)); a.rank() < badge.rank() && p.State == feed.Active {
			badge = a
		}
		lines = append(lines, PeerLine{
			ID: p.Peer.String(), URL: peerURL(q, p.Peer), State: badge,
			Note: plural(p.Elements, "element", "elements") + ", heard " + Ago(p.Heard.Time(), now),
		})
	}
	return lines
}

// peerURL leads to a registrar's row.
func peerURL(q Query, id wire.ServerID) string {
	return q.link(Query{Kind: Peers}) + "#" + Anchor(id.String())
}

func itoa(n int) string { return strconv.Itoa(n) }
