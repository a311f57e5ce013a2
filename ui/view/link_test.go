package view

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 22, 15, 21, 0, 0, time.UTC)

// at is a moment of a test, in seconds.
func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

// far is the registrar's clock, an hour ahead of the program's.
func far(seconds float64) time.Time { return at(seconds + 3600) }

func phase(t *testing.T, l *Link, seconds float64, want Phase) Connection {
	t.Helper()
	c := l.Connection(at(seconds))
	if c.Phase != want {
		t.Errorf("at %v s the phase is %d, want %d", seconds, c.Phase, want)
	}
	return c
}

func next(t *testing.T, l *Link, seconds float64, want Action) {
	t.Helper()
	if got := l.Next(at(seconds), 0.5); got != want {
		t.Errorf("at %v s the action is %d, want %d", seconds, got, want)
	}
}

func TestLinkLive(t *testing.T) {
	var l Link
	phase(t, &l, 0, Connecting)
	next(t, &l, 0, Dial)
	next(t, &l, 0.2, Rest)
	l.Opened(at(0.3))
	phase(t, &l, 0.4, Connecting)
	l.Frame(at(0.5), far(0.5))
	phase(t, &l, 0.5, Live)
	if got := l.Clock(at(2.5)); !got.Equal(far(2.5)) {
		t.Errorf("the registrar's clock is %v, want %v", got, far(2.5))
	}
	phase(t, &l, 7.4, Live)
	phase(t, &l, 7.6, Silent)
	if got := l.Clock(at(8)); !got.Equal(far(0.5)) {
		t.Errorf("without frames the clock goes on to %v", got)
	}
	next(t, &l, 12.4, Rest)
	next(t, &l, 12.6, Hangup)
	c := phase(t, &l, 12.6, Offline)
	if !strings.HasPrefix(c.Reason, "Nothing came for 12 s") {
		t.Errorf("reason is %q", c.Reason)
	}
	l.Closed(at(12.7), 0.5) // the browser tells too: counted once
	next(t, &l, 12.8, Rest)
	next(t, &l, 13, Dial)
	l.Opened(at(13.1))
	phase(t, &l, 13.1, Offline) // until something comes
	l.Frame(at(13.2), far(13.2))
	phase(t, &l, 13.2, Live)
}

func TestLinkGoodbye(t *testing.T) {
	var l Link
	next(t, &l, 0, Dial)
	l.Opened(at(0))
	l.Frame(at(1), far(1))
	l.Goodbye("The registrar is stopping.")
	l.Closed(at(2), 0)
	c := phase(t, &l, 3, Reconnecting)
	if c.Reason != "The registrar is stopping." || c.Age != 2*time.Second {
		t.Errorf("connection is %+v", c)
	}
	phase(t, &l, 11.1, Offline)
}

func TestLinkRefused(t *testing.T) {
	var l Link
	next(t, &l, 0, Dial)
	l.Closed(at(0.1), 0)
	phase(t, &l, 0.1, Offline) // never heard: no hiccup
	next(t, &l, 0.2, Rest)
	l.Retry()
	next(t, &l, 0.2, Dial)
	next(t, &l, 10.3, Hangup) // nobody answers
	if c := l.Connection(at(10.3)); !strings.HasPrefix(c.Reason, "The registrar did not answer within 10 s") {
		t.Errorf("reason is %q", c.Reason)
	}
}

// Attempts get rarer up to 30 s, and are spread; a link that held starts anew.
func TestLinkBackoff(t *testing.T) {
	var l Link
	now := 0.0
	for i, base := range []float64{0.5, 1, 2, 4, 8, 16, 30, 30, 30} {
		next(t, &l, now, Dial)
		l.Opened(at(now))
		l.Frame(at(now), far(now)) // a frame alone is no proof of a good link
		l.Closed(at(now), float64(i%2)*0.999)
		wait := l.Connection(at(now)).Retry.Seconds()
		want := base/2 + base/2*float64(i%2)*0.999
		if wait < want-0.01 || wait > want+0.01 {
			t.Errorf("attempt %d waits %v s, want %v s", i, wait, want)
		}
		now += wait
	}
	next(t, &l, now, Dial)
	l.Opened(at(now))
	l.Frame(at(now+6), far(now+6))
	l.Broken(at(now+6), "other elements", 0)
	if wait := l.Connection(at(now + 6)).Retry; wait != 250*time.Millisecond {
		t.Errorf("after a good link the wait is %v, want 250ms", wait)
	}
}

// Whatever happens, the page never calls itself live longer than 7 s after a frame.
func TestLinkNeverMisleads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l Link
		now, last := start, time.Time{}
		open := false
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			switch l.Next(now, 0.3) {
			case Dial:
				if open {
					t.Fatal("dials while a connection is open")
				}
				if rapid.Bool().Draw(t, "answers") {
					l.Opened(now)
					open = true
				}
			case Hangup:
				open = false
			}
			switch what := rapid.IntRange(0, 3).Draw(t, "what"); {
			case what < 2 && open:
				l.Frame(now, now)
				last = now
			case what == 2:
				l.Closed(now, 0.9)
				open = false
			}
			c := l.Connection(now)
			if c.Phase == Live && (!open || now.Sub(last) > silentAfter) {
				t.Fatalf("live, with a last frame %v ago, open %v", now.Sub(last), open)
			}
			if c.Phase != Live && open && now.Equal(last) {
				t.Fatalf("phase %d right after a frame", c.Phase)
			}
		}
	})
}

func TestNotice(t *testing.T) {
	now := at(7)
	tests := []struct {
		c     Connection
		now   time.Time
		shown bool
		head  string
		text  string
		asOf  string
		chip  string
	}{
		{Connection{}, now, false, "", "", "As of 15:21:07 UTC", "Not live"},
		{Connection{Phase: Connecting}, now, false, "", "", "As of 15:21:07 UTC", "Connecting"},
		{Connection{Phase: Live}, now, false, "", "", "22 Nov 2026, 15:21:07 UTC", "Live"},
		{Connection{Phase: Silent, Age: 8 * time.Second}, now, false, "", "", "As of 15:21:07 UTC", "Silent"},
		{
			Connection{Phase: Offline, Age: 26 * time.Second, Retry: 3500 * time.Millisecond, Reason: "The registrar is stopping."},
			now, true, "Offline since 15:21:07 UTC.", "What you see is 26 s old. The registrar is stopping. Next try in 4 s.", "As of 15:21:07 UTC", "Offline",
		},
		{
			Connection{Phase: Offline, Reason: "No answer."},
			time.Time{},
			true, "Offline.", "What you see is what the page was loaded with. No answer. Trying now.", "As of –", "Offline",
		},
	}
	for _, tt := range tests {
		n := tt.c.notice(tt.now)
		if n.Shown != tt.shown || n.Head != tt.head || n.Text != tt.text || n.AsOf != tt.asOf {
			t.Errorf("%+v: notice is %+v", tt.c, n)
		}
		if b, _ := tt.c.badge(); b.Word != tt.chip {
			t.Errorf("%+v: chip says %q, want %q", tt.c, b.Word, tt.chip)
		}
	}
}

// Where no WebSocket opens, an event stream is tried, and stays as long as it works.
func TestLinkStream(t *testing.T) {
	var l Link
	now := 0.0
	attempt := func(wantStream bool, end func()) {
		t.Helper()
		now += 60
		next(t, &l, now, Dial)
		if l.Stream() != wantStream {
			t.Fatalf("at %v s the attempt is a stream: %v, want %v", now, l.Stream(), wantStream)
		}
		end()
	}
	fails := func() { l.Closed(at(now+1), 0) }
	works := func() {
		l.Opened(at(now + 1))
		l.Frame(at(now+2), far(now))
		l.Closed(at(now+9), 0)
	}
	attempt(false, fails)
	attempt(false, fails)
	attempt(true, works)
	attempt(true, works)
	attempt(true, fails) // the registrar is gone, or the way is another
	attempt(false, fails)
	attempt(true, fails)
	attempt(false, works)
	attempt(false, fails)
	attempt(false, fails)
	attempt(true, works)
}
