package view

import (
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Badge is a state: shape, word and colour, always all three. What is well is
// quiet, what is not stands on a ground of its colour.
type Badge struct {
	// Class is the style: "st" or "chip", then the tone.
	Class string
	// Icon is the shape, as a reference into the page's sprite.
	Icon string
	Word string
}

func (b Badge) slots(name string, set Set) {
	set(name, b.Word)
	set(name+".class", b.Class)
	set(name+".icon", b.Icon)
}

func quiet(tone, icon, word string) Badge { return Badge{"st " + tone, "#i-" + icon, word} }
func chip(tone, icon, word string) Badge  { return Badge{"chip " + tone, "#i-" + icon, word} }

// elementBadge says how an element is.
func elementBadge(h feed.Health) Badge {
	switch h {
	case feed.Up:
		return quiet("ok", "up", "Up")
	case feed.Unanswered:
		return chip("warn", "suspect", "Suspect")
	case feed.Expired:
		return chip("off", "clock", "Expired")
	default:
		return chip("off", "unknown", "Unknown")
	}
}

// poolBadge says how a pool is, by its worst element.
func poolBadge(p replica.Pool) Badge {
	up := p.Len - p.Suspect - p.Expired
	switch {
	case up <= 0:
		return chip("bad", "dead", "None up")
	case up == 1 && p.Len > 1:
		return chip("warn", "suspect", "1 left")
	case p.Suspect > 0:
		return chip("warn", "suspect", Number(p.Suspect)+" suspect")
	case p.Expired > 0:
		return chip("off", "clock", Number(p.Expired)+" expired")
	default:
		return quiet("ok", "up", "All up")
	}
}

// peerBadge says what this registrar thinks of a peer.
func peerBadge(p replica.Peer) Badge {
	switch {
	case p.Mentor:
		return chip("move", "self", "Mentor")
	case p.State == feed.Discovered:
		return chip("move", "ring", "Discovered")
	case p.State == feed.Active:
		return quiet("ok", "up", "Active")
	case p.State == feed.Suspect:
		return chip("warn", "suspect", "Suspect")
	case p.State == feed.TakingOver:
		return chip("move", "takeover", "Taking over")
	case p.State == feed.Yielded:
		return chip("off", "yielded", "Yielded")
	case p.State == feed.Dead:
		return chip("bad", "dead", "Dead")
	default:
		return chip("off", "unknown", "Unknown")
	}
}

// agreement is how what a registrar tells compares with what is computed.
type agreement uint8

const (
	inStep agreement = iota
	notTold
	notCompared
	resyncing
	outOfStep
)

// agree compares the three checksums of a peer: told by it, computed by this
// registrar, computed by this page.
func agree(p replica.Peer) agreement {
	same, known := p.InStep()
	switch {
	case p.State == feed.Dead:
		return notCompared
	case !known:
		return notTold
	case !same:
		return outOfStep
	case p.HasComputed && p.Computed != p.Page:
		return resyncing
	default:
		return inStep
	}
}

func agreementBadge(a agreement) Badge {
	switch a {
	case inStep:
		return quiet("ok", "equal", "In step")
	case notCompared:
		return quiet("off", "unknown", "Not compared")
	case resyncing:
		return chip("move", "turn", "Page resyncing")
	case outOfStep:
		return chip("bad", "differ", "Out of step")
	default:
		return quiet("off", "unknown", "Not told")
	}
}

// selfBadge marks this registrar.
func selfBadge() Badge { return Badge{"st accent", "#i-self", "This one"} }

// needsLook reports whether a peer is not as it should be.
func needsLook(p replica.Peer) bool { return p.State >= feed.Suspect || agree(p) >= resyncing }

// rank orders states from the worst to the best: bad, warn, move, off, ok.
func (b Badge) rank() int {
	for i, tone := range []string{"bad", "warn", "move", "off"} {
		if b.Class == "chip "+tone {
			return i
		}
	}
	return 4
}

// owned says whose an element is.
func owned(home, self wire.ServerID) string {
	if home == self {
		return "this registrar"
	}
	if home == 0 {
		return "not determined"
	}
	return home.String()
}
