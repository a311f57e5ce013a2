package view

import (
	"time"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Dialog asks before an element is deregistered: what its users notice, what
// remains, and that it may come back.
type Dialog struct {
	// Element and Pool name it in the title.
	Element, Pool string
	// Remain says what is left of the pool, Return when the element may be back.
	Remain, Return string
	// Refused says why nothing can be done, or why the last attempt failed.
	Refused string
	// NoWriter: this browser has no token. Busy: the registrar was asked.
	NoWriter, Busy bool
	// Blocked: the element is gone, or the registrar out of reach.
	Blocked bool
}

// Slots gives the values of the dialog.
func (d Dialog) Slots(set Set) {
	set("ask.element", d.Element)
	set("ask.pool", d.Pool)
	set("ask.remain", d.Remain)
	set("ask.return", d.Return)
	set("ask.refused", d.Refused)
	set("ask.fine", yes(d.Refused == ""))
	set("ask.writer", yes(!d.NoWriter))
	set("ask.nowriter", yes(d.NoWriter))
	set("ask.disabled", yes(d.Busy || d.Blocked))
}

// Ask makes the dialog for an element. writer tells whether the page may write,
// refused is what the registrar answered to the last attempt.
func Ask(r *replica.Replica, h wire.PoolHandle, id wire.PEIdentifier, now time.Time, link Connection, writer bool, refused string) Dialog {
	d := Dialog{Element: id.String(), Pool: Handle(h), NoWriter: !writer, Refused: refused, Blocked: link.stale()}
	e, ok := r.Element(h, id)
	pool, _ := r.Pool(h)
	if !ok {
		d.Blocked = true
		d.Remain = "It has left the pool meanwhile."
		d.Return = "There is nothing to deregister."
		return d
	}
	left := pool.Len - 1
	d.Remain = Number(left) + " of " + Number(pool.Len) + " elements remain."
	if left == 0 {
		d.Remain = "It is the last element: the pool ends with it."
	} else if v, ok := goesBy(e.Policy); ok && v.Name == "weight" && v.Value > 0 {
		d.Remain += " It carries the weight " + valueText(v) + "."
	}
	d.Return = "It can come back: nothing stops it from registering again."
	if at := e.State.Expires.Time(); !at.IsZero() {
		d.Return = "It can come back: its next registration is due within " + Span(at.Sub(now)) + "."
	}
	if d.Blocked && refused == "" {
		d.Refused = "The registrar is out of reach. Nothing can be removed until it answers."
	}
	return d
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

	gone     bool
	returned time.Time
}

// Observe looks whether the element is there.
func (m *Removal) Observe(r *replica.Replica, now time.Time) {
	_, there := r.Element(m.Handle, m.ID)
	switch {
	case !there:
		m.gone = true
	case m.gone && m.returned.IsZero():
		m.returned = now
	}
}

// Over reports whether nothing more is to be told.
func (m *Removal) Over(now time.Time) bool {
	return !m.returned.IsZero() || now.Sub(m.At) > returnWatch
}

// Toast is the outcome as the page shows it: steps that fill in as they come true.
type Toast struct {
	Element, Pool         string
	Removed, Told, Return Badge
	Note                  string
}

// Slots gives the values of the toast.
func (t Toast) Slots(set Set) {
	set("toast.element", t.Element)
	set("toast.pool", t.Pool)
	t.Removed.slots("toast.removed", set)
	t.Told.slots("toast.told", set)
	t.Return.slots("toast.return", set)
	set("toast.note", t.Note)
}

// Toast gives the outcome so far.
func (m *Removal) Toast(now time.Time) Toast {
	t := Toast{Element: m.ID.String(), Pool: Handle(m.Handle), Removed: chip("off", "removed", "removed")}
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
	case !m.returned.IsZero():
		t.Return = chip("move", "turn", "came back at once")
		if after := m.returned.Sub(m.At); after >= time.Second {
			t.Return.Word = "came back after " + Span(after)
		}
		t.Note = "It registered again. Stop the element itself to keep it away."
	case now.Sub(m.At) > returnWatch:
		t.Return = chip("off", "clock", "not back after "+Span(returnWatch))
		t.Note = "The page has stopped watching for it."
	default:
		t.Return = chip("off", "clock", "not back so far")
		t.Note = "It may register again; the page says when it does."
	}
	return t
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
	default:
		return "The registrar answered with HTTP status " + itoa(status) + "; nothing was removed. Its log says why."
	}
}
