package view

import (
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Form is what the operator has put into the dialog.
type Form struct {
	// Hold is for how long the element is to be refused, as the API takes it; empty
	// is not at all.
	Hold   string
	Reason string
	// Typed is the pool handle, where it has to be typed.
	Typed string
}

// Dialog asks before an element is deregistered: what its users notice, what
// remains, and whether it may come back.
type Dialog struct {
	// Element and Pool name it in the title.
	Element, Pool string
	// Remain says what is left of the pool, Return when the element may be back.
	Remain, Return string
	// Honour says which peers do not honour a hold.
	Honour string
	// Type says why the pool handle has to be typed, empty where it has not.
	Type string
	// Action is what the button does, Command the same for a terminal.
	Action, Command string
	// Refused says why nothing can be done, or why the last attempt failed.
	Refused string
	// NoWriter: this browser has no token. Busy: the registrar was asked.
	NoWriter, Busy bool
	// Blocked: the element is gone, the registrar out of reach, or the handle not yet
	// typed.
	Blocked bool
}

// Slots gives the values of the dialog.
func (d Dialog) Slots(set Set) {
	set("ask.element", d.Element)
	set("ask.pool", d.Pool)
	set("ask.remain", d.Remain)
	set("ask.return", d.Return)
	set("ask.honour", d.Honour)
	set("ask.type", d.Type)
	set("ask.untyped", yes(d.Type == ""))
	set("ask.action", d.Action)
	set("ask.command", d.Command)
	set("ask.refused", d.Refused)
	set("ask.fine", yes(d.Refused == ""))
	set("ask.writer", yes(!d.NoWriter))
	set("ask.nowriter", yes(d.NoWriter))
	set("ask.disabled", yes(d.Busy || d.Blocked))
}

// Ask makes the dialog for an element. writer tells whether the page may write,
// base is the URL of the dashboard's root, refused is what the registrar answered
// to the last attempt.
func Ask(r *replica.Replica, h wire.PoolHandle, id wire.PEIdentifier, now time.Time, link Connection, form Form, writer bool, base, refused string) Dialog {
	d := Dialog{
		Element: id.String(), Pool: Handle(h), NoWriter: !writer, Refused: refused, Blocked: link.stale(),
		Action: "Deregister the element",
	}
	confirm := r.Protected(h)
	d.Command = deregisterCommand(h, id, form, base)
	if form.Hold != "" {
		d.Action = "Deregister and hold"
		d.Honour = honour(r)
	}
	e, ok := r.Element(h, id)
	pool, _ := r.Pool(h)
	if !ok {
		d.Blocked = true
		d.Remain = "It has left the pool meanwhile."
		d.Return = "There is nothing to deregister."
		return d
	}
	left := pool.Len - 1
	up := pool.Len - pool.Suspect - pool.Expired
	if e.State.Health == feed.Up {
		up--
	}
	d.Remain = Number(left) + " of " + Number(pool.Len) + " elements remain, " + Number(up) + " up."
	if left == 0 {
		d.Remain = "It is the last element: the pool ends with it."
		d.Type = "It is the last element. Type the pool handle to go on"
	} else if v, ok := goesBy(e.Policy); ok && v.Name == "weight" && v.Value > 0 {
		d.Remain += " It carries the weight " + valueText(v) + "."
	}
	if confirm {
		d.Type = "The pool is protected. Type the pool handle to go on"
	}
	if d.Type != "" && strings.TrimSpace(form.Typed) != d.Pool {
		d.Blocked = true
	}
	d.Return = returns(e, form, now)
	if link.stale() && refused == "" {
		d.Refused = "The registrar is out of reach. Nothing can be removed until it answers."
	}
	return d
}

// defaultServer is the --server of the commands.
const defaultServer = "http://127.0.0.1:8080/"

// deregisterCommand is the form's wish for a terminal; a pool that is protected, or
// its last element, is confirmed there.
func deregisterCommand(h wire.PoolHandle, id wire.PEIdentifier, form Form, base string) string {
	text := "registrar deregister " + shellQuoted(argument(h)) + " " + id.String()
	if form.Hold != "" {
		text += " --hold " + form.Hold
	}
	if form.Reason != "" {
		text += " --reason " + shellQuoted(form.Reason)
	}
	if base != defaultServer {
		text += " --server " + shellQuoted(base)
	}
	return text + " --token-file token"
}

// returns says when the element may be back.
func returns(e replica.Element, form Form, now time.Time) string {
	if form.Hold != "" {
		return "Its registrations are refused until the hold ends."
	}
	if at := e.State.Expires.Time(); !at.IsZero() {
		return "It can come back: its next registration is due within " + Span(at.Sub(now)) + "."
	}
	return "It can come back: nothing stops it from registering again."
}

// honour says which peers a held element may still register at: those that have
// not honoured a hold before, as far as is known.
func honour(r *replica.Replica) string {
	peers := 0
	for p := range r.Peers() {
		if p.State != feed.Dead {
			peers++
		}
	}
	switch {
	case peers == 0:
		return "There is no peer that it could register at instead."
	case r.Hello().Dialect == "rsplib":
		return "Peers of dialect rsplib do not honour holds: it may register there."
	default:
		return "Peers are told of the hold; the page says which of them honour it."
	}
}

// Delete is the address, below the dashboard's root, by which the form's wish is
// done.
func Delete(h wire.PoolHandle, id wire.PEIdentifier, form Form, confirm bool) string {
	to := "api/v1/pools/" + Key(h) + "/elements/" + id.String()
	sep := "?"
	add := func(name, value string) {
		if value != "" {
			to += sep + name + "=" + escape(value)
			sep = "&"
		}
	}
	add("hold", form.Hold)
	add("reason", form.Reason)
	if confirm {
		to += sep + "confirm=" + Key(h)
	}
	return to
}

// returnWatch is how long the page waits for a removed element to come back.
const returnWatch = 5 * time.Minute

// Removal is a deregistration that was done, and what became of it.
type Removal struct {
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
	// At is when the registrar confirmed it, by the registrar's clock.
	At time.Time
	// Told is to how many of Peers peers the registrar has sent it.
	Told, Peers int
	// Hold is the ID of the hold that was made with it, 0 for none.
	Hold uint32

	gone     bool
	returned time.Time
	hold     feed.Hold
	// lax are the peers that do not honour the hold.
	lax []wire.ServerID
}

// Observe looks whether the element is there, and what its hold has done.
func (m *Removal) Observe(r *replica.Replica, now time.Time) {
	for h := range r.Holds() {
		if m.Hold != 0 && uint32(h.ID) == m.Hold && h.Maker == r.Self() {
			m.hold = h
		}
	}
	m.lax = Dishonour(r, m.hold)
	_, there := r.Element(m.Handle, m.ID)
	switch {
	case !there:
		m.gone = true
	case m.gone && m.returned.IsZero():
		m.returned = now
	}
}

// holding: the element is refused.
func (m *Removal) holding() bool { return m.Hold != 0 && m.hold.State == feed.HoldInForce }

// Over reports whether nothing more is to be told.
func (m *Removal) Over(now time.Time) bool {
	if m.holding() {
		return false
	}
	return !m.returned.IsZero() || m.Hold != 0 || now.Sub(m.At) > returnWatch
}

// Toast is the outcome as the page shows it: steps that fill in as they come true.
type Toast struct {
	Element, Pool         string
	Removed, Told, Return Badge
	Note                  string
	// Undo: the hold can be ended.
	Undo bool
}

// Slots gives the values of the toast.
func (t Toast) Slots(set Set) {
	set("toast.element", t.Element)
	set("toast.pool", t.Pool)
	t.Removed.slots("toast.removed", set)
	t.Told.slots("toast.told", set)
	t.Return.slots("toast.return", set)
	set("toast.note", t.Note)
	set("toast.done", yes(!t.Undo))
}

// Toast gives the outcome so far.
func (m *Removal) Toast(now time.Time) Toast {
	t := Toast{Element: m.ID.String(), Pool: Handle(m.Handle), Removed: chip("off", "removed", "removed"), Undo: m.holding()}
	told := Number(m.Told) + " of " + plural(m.Peers, "peer", "peers") + " told"
	switch {
	case m.Peers == 0:
		t.Told = chip("off", "up", "no peer to tell")
	case m.Told < m.Peers:
		t.Told = chip("warn", "suspect", told)
	default:
		t.Told = chip("ok", "up", told)
	}
	switch {
	case m.holding() && m.returned.IsZero():
		t.Return = chip("bad", "held", "held, "+plural(m.hold.Total(), "registration", "registrations")+" refused")
		t.Note = m.holdNote(now)
	case !m.returned.IsZero():
		t.Return = chip("move", "turn", "came back at once")
		if after := m.returned.Sub(m.At); after >= time.Second {
			t.Return.Word = "came back after " + Span(after)
		}
		t.Note = "It registered again. Stop the element itself to keep it away."
		if m.holding() {
			t.Note = "It registered at a registrar that does not honour the hold."
		}
	case m.Hold != 0:
		t.Return = chip("off", "clock", "hold ended, "+plural(m.hold.Total(), "registration", "registrations")+" refused")
		t.Note = "It may register again."
	case now.Sub(m.At) > returnWatch:
		t.Return = chip("off", "clock", "not back after "+Span(returnWatch))
		t.Note = "The page has stopped watching for it."
	default:
		t.Return = chip("off", "clock", "not back so far")
		t.Note = "It may register again; the page says when it does."
	}
	return t
}

// holdNote says how long it is held, and where it may register all the same.
func (m *Removal) holdNote(now time.Time) string {
	note := "Refused until its hold ends."
	if until := m.hold.Until.Time(); !until.IsZero() {
		note = "Refused for another " + Span(until.Sub(now)) + "."
	}
	if n := len(m.lax); n > 0 {
		note += " " + plural(n, "peer has not said that it honours", "peers have not said that they honour") + " the hold: it may register there."
	}
	return note
}

// Summary says the outcome in one sentence, for screen readers.
func (t Toast) Summary() string {
	return t.Pool + ": element " + t.Element + " removed, " + t.Told.Word + ", " + t.Return.Word
}

// Refusal says in a sentence why a deregistration was not done; status is that
// of the HTTP answer, 0 for none, home the home registrar of a 409.
func Refusal(status int, id wire.PEIdentifier, home string) string {
	switch status {
	case 0:
		return "The registrar did not answer. Whether the element was removed shows in the table."
	case 401:
		return "This browser has no operator token any more. Open the link that the registrar printed when it started."
	case 403:
		return "The registrar refused a write from this page. Open it by the address that the registrar printed when it started."
	case 404:
		return "Element " + id.String() + " is not there any more."
	case 409:
		if home == "" {
			home = "a peer"
		}
		return "Element " + id.String() + " is now owned by " + home + ". Deregister it there."
	case 423:
		return "The pool is protected: the registrar was started with --protect for it."
	case 507:
		return "The registrar keeps no more holds; nothing was removed. End a hold first, or let the element back in."
	default:
		return "The registrar answered with HTTP status " + strconv.Itoa(status) + "; nothing was removed. Its log says why."
	}
}

// EndRefusal says in a sentence why a hold was not ended.
func EndRefusal(status int, made string) string {
	switch status {
	case 0:
		return "The registrar did not answer. Whether the hold has ended shows in the table."
	case 401, 403:
		return "The hold was not ended: this browser has no operator token. Open the link that the registrar printed when it started."
	case 404:
		return "The hold has ended meanwhile."
	case 409:
		return "The hold was made at " + made + ". End it there."
	default:
		return "The registrar answered with HTTP status " + strconv.Itoa(status) + "; the hold goes on. Its log says why."
	}
}
