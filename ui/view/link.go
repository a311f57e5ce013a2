package view

import "time"

// Phase is how the page stands to the feed.
type Phase uint8

// The phases.
const (
	// Painted: the server made the page and no program follows the feed.
	Painted Phase = iota
	// Connecting: no frame has come yet.
	Connecting
	// Live: frames come.
	Live
	// Silent: connected, but a heartbeat is overdue.
	Silent
	// Reconnecting: the connection is gone for a few seconds at most.
	Reconnecting
	// Offline: it is gone for longer.
	Offline
)

// Connection is what a page says of the feed.
type Connection struct {
	Phase Phase
	// Age is the time since the last frame.
	Age time.Duration
	// Retry is the time until the next attempt, 0 while one runs.
	Retry time.Duration
	// Reason is why the last connection ended, in a sentence.
	Reason string
}

// Times of the link. The registrar sends a frame every 5 s at least.
const (
	// silentAfter: one heartbeat is overdue.
	silentAfter = 7 * time.Second
	// deadAfter: two are; the connection is given up.
	deadAfter = 12 * time.Second
	// offlineAfter is when a reconnect stops being a hiccup.
	offlineAfter = 10 * time.Second
	// steadyAfter is how long a connection must last to count as good.
	steadyAfter = 5 * time.Second
	// dialTimeout bounds one attempt.
	dialTimeout = 10 * time.Second
	// blockedAfter is how many WebSockets in a row do not open before something on
	// the way may be what stops them: then an event stream is tried between them.
	blockedAfter = 2
	firstRetry   = 500 * time.Millisecond
	lastRetry    = 30 * time.Second
)

// Action is what the program has to do about the link.
type Action uint8

// The actions.
const (
	// Rest: nothing.
	Rest Action = iota
	// Dial opens a connection.
	Dial
	// Hangup closes the connection; Closed has been reckoned with already.
	Hangup
)

// Link is the state machine of the connection to the feed. Its times are of one
// steady clock of the program's. The zero value dials at once.
type Link struct {
	dialing, open, framed bool
	// since is when the connection was dialled or opened, heard the last frame.
	since, heard time.Time
	// at is the registrar's clock in the last frame.
	at       time.Time
	retry    time.Time
	attempts int
	reason   string
	// refused counts the WebSockets in a row that did not open, stream is how the
	// connection was dialled.
	refused int
	stream  bool
}

// Next gives what to do now. rnd is from [0,1) and spreads the attempts of many
// pages over time.
func (l *Link) Next(now time.Time, rnd float64) Action {
	switch {
	case l.dialing && now.Sub(l.since) > dialTimeout:
		l.lost(now, "The registrar did not answer within "+Span(dialTimeout)+".", rnd)
		return Hangup
	case l.open && now.Sub(l.lastSign()) > deadAfter:
		l.lost(now, "Nothing came for "+Span(deadAfter)+"; the registrar may be down or out of reach.", rnd)
		return Hangup
	case !l.dialing && !l.open && !now.Before(l.retry):
		l.dialing, l.since = true, now
		l.stream = l.refused >= blockedAfter && l.refused%blockedAfter == 0
		return Dial
	default:
		return Rest
	}
}

// Stream reports whether to dial an event stream, not a WebSocket.
func (l *Link) Stream() bool { return l.stream }

// Opened tells that the connection is up.
func (l *Link) Opened(now time.Time) {
	l.dialing, l.open, l.framed, l.since = false, true, false, now
	if !l.stream {
		l.refused = 0
	}
}

// Frame tells of a frame that was made at the given time of the registrar.
func (l *Link) Frame(now, at time.Time) {
	l.framed, l.heard, l.at = true, now, at
	if now.Sub(l.since) >= steadyAfter {
		l.attempts, l.reason = 0, ""
	}
}

// Goodbye tells why the registrar ends the connection.
func (l *Link) Goodbye(reason string) { l.reason = reason }

// Closed tells that the connection is gone, whoever closed it.
func (l *Link) Closed(now time.Time, rnd float64) {
	if !l.dialing && !l.open {
		return
	}
	reason := l.reason
	if reason == "" {
		reason = "The connection closed without a goodbye; the registrar may be down or out of reach."
	}
	l.lost(now, reason, rnd)
}

// Broken tells why the connection is of no use any more: only a fresh snapshot
// helps. The program has to close it.
func (l *Link) Broken(now time.Time, reason string, rnd float64) { l.lost(now, reason, rnd) }

// Redial ends a good connection for another one that asks for more or less: an event
// stream says so only as it is dialled. The program has to close it.
func (l *Link) Redial() { l.dialing, l.open, l.retry = false, false, time.Time{} }

// Retry makes the next attempt due.
func (l *Link) Retry() { l.retry = time.Time{} }

func (l *Link) lost(now time.Time, reason string, rnd float64) {
	if l.open && now.Sub(l.since) >= steadyAfter {
		l.attempts = 0
	}
	if l.dialing { // a stream that does not open either is the registrar's end
		l.refused++
	}
	wait := min(firstRetry<<min(l.attempts, 10), lastRetry)
	l.attempts++
	l.retry = now.Add(wait/2 + time.Duration(rnd*float64(wait/2)))
	l.dialing, l.open, l.framed, l.reason = false, false, false, reason
}

func (l *Link) lastSign() time.Time {
	if l.framed {
		return l.heard
	}
	return l.since
}

// Clock gives the registrar's time. It stands still while the link is not live:
// nothing is known of what happens there.
func (l *Link) Clock(now time.Time) time.Time {
	if !l.framed || now.Sub(l.heard) > silentAfter {
		return l.at
	}
	return l.at.Add(now.Sub(l.heard))
}

// Connection gives what to tell the user.
func (l *Link) Connection(now time.Time) Connection {
	c := Connection{Reason: l.reason}
	if !l.heard.IsZero() {
		c.Age = now.Sub(l.heard)
	}
	if !l.dialing && !l.open {
		c.Retry = max(l.retry.Sub(now), 0)
	}
	switch {
	case l.framed && c.Age <= silentAfter:
		c.Phase = Live
	case l.framed:
		c.Phase = Silent
	case l.heard.IsZero() && l.attempts == 0:
		c.Phase = Connecting
	case l.heard.IsZero() || c.Age > offlineAfter:
		c.Phase = Offline
	default:
		c.Phase = Reconnecting
	}
	return c
}

// stale reports whether the page must not be taken for the present.
func (c Connection) stale() bool {
	return c.Phase == Silent || c.Phase == Reconnecting || c.Phase == Offline
}

// badge gives the chip, and the age beside it.
func (c Connection) badge() (Badge, string) {
	switch c.Phase {
	case Painted:
		return Badge{"link off", "#i-clock", "Not live"}, ""
	case Connecting:
		return Badge{"link move", "#i-turn", "Connecting"}, ""
	case Live:
		return Badge{"link ok", "#i-up", "Live"}, ""
	case Silent:
		return Badge{"link move", "#i-turn", "Silent"}, Span(c.Age)
	case Reconnecting:
		return Badge{"link move", "#i-turn", "Reconnecting"}, Span(c.Age)
	default:
		return Badge{"link bad", "#i-offline", "Offline"}, Span(c.Age)
	}
}

// Notice is the banner under the bar, and the clock in the page's head.
type Notice struct {
	Shown            bool
	Head, Text, AsOf string
	// Class is the tone of AsOf.
	Class string
}

// Slots gives the values that tell of the connection. now is the registrar's
// time of what is shown, zero where that is what the server painted.
func (c Connection) Slots(now time.Time, set Set) {
	badge, age := c.badge()
	badge.slots("bar.link", set)
	set("bar.age", age)
	n := c.notice(now)
	set("notice.off", yes(!n.Shown))
	set("notice.head", n.Head)
	set("notice.text", n.Text)
	if !now.IsZero() {
		n.slots(set)
	}
}

func (n Notice) slots(set Set) {
	set("asof", n.AsOf)
	set("asof.class", n.Class)
}

func (c Connection) notice(now time.Time) Notice {
	switch {
	case c.Phase == Live:
		return Notice{AsOf: Stamp(now), Class: "asof"}
	case !c.stale():
		return Notice{AsOf: "As of " + clock(now), Class: "asof"}
	}
	n := Notice{Shown: c.Phase == Offline, AsOf: "As of " + clock(now), Class: "asof bad"}
	if !n.Shown {
		return n
	}
	n.Head, n.Text = "Offline.", "What you see is what the page was loaded with. "+c.Reason
	if !now.IsZero() {
		n.Head = "Offline since " + clock(now) + "."
		n.Text = "What you see is " + Span(c.Age) + " old. " + c.Reason
	}
	if c.Retry > 0 {
		n.Text += " Next try in " + Span(c.Retry+time.Second) + "."
	} else {
		n.Text += " Trying now."
	}
	return n
}

// Announcement is what a screen reader hears when the phase changes; empty where
// it is not worth a word.
func (c Connection) Announcement(now time.Time) string {
	switch c.Phase {
	case Live:
		return "Live"
	case Offline:
		return "Offline since " + clock(now)
	default:
		return ""
	}
}
