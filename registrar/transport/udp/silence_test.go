package udp

import (
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// world is what a peer and this host do while a silence is watched in virtual
// time.
type world struct {
	rtt time.Duration
	// dies is when the peer answers no more, 0 for never.
	dies time.Duration
	// sends is when DATA is sent that is never acknowledged, 0 for never.
	sends time.Duration
	// stalls: this process does not run for 30 s of every minute.
	stalls bool
}

// run returns when the peer is given up, and how many probes that took.
func (w world) run(c transport.Config, until time.Duration) (given time.Duration, probes int) {
	s := silence{due: c.Heartbeat}
	var now, heard time.Duration
	var answers []time.Duration
	for now < until {
		if w.sends > now && w.sends < s.due {
			now = w.sends
			s.hurry(now, pace(c.Heartbeat, true))
			continue
		}
		now = s.due
		asleep := w.stalls && now%time.Minute < 30*time.Second
		if asleep {
			now += 30*time.Second - now%time.Minute
		}
		for len(answers) > 0 && answers[0] < now && !asleep { // after a stall, timers may be first
			heard = answers[0]
			answers = answers[1:]
		}
		waiting := w.sends > 0 && now >= w.sends
		switch s.beat(now, heard, heard, pace(c.Heartbeat, waiting), c.MaxMissed) {
		case lost:
			return now, probes
		case probe, probeOthers:
			probes++
			if w.dies == 0 || now < w.dies {
				answers = append(answers, now+w.rtt)
			}
		case wait:
		}
	}
	return 0, probes
}

// TestLostInTime: at the defaults an idle peer that dies is given up within
// 10 s, one that something waits for within 4 s, and neither without probes.
func TestLostInTime(t *testing.T) {
	c := transport.Config{}.Defaults()
	for phase := time.Duration(1); phase < 20*time.Second; phase += 97 * time.Millisecond {
		idle := world{rtt: time.Millisecond, dies: phase}
		given, probes := idle.run(c, time.Hour)
		if took := given - phase; given == 0 || took > 10*time.Second || probes < c.MaxMissed {
			t.Fatalf("idle, dead from %v on: given up after %v and %d probes", phase, took, probes)
		}
		busy := world{rtt: time.Millisecond, dies: phase, sends: phase + time.Second}
		given, probes = busy.run(c, time.Hour)
		if took := given - busy.sends; given == 0 || took > 4*time.Second || probes < c.MaxMissed {
			t.Fatalf("dead from %v on, data sent at %v: given up after %v and %d probes", phase, busy.sends, took, probes)
		}
		busy.sends = 1 // all the time
		given, probes = busy.run(c, time.Hour)
		if took := given - phase; given == 0 || took > 4*time.Second || probes < c.MaxMissed {
			t.Fatalf("data under way, dead from %v on: given up after %v and %d probes", phase, took, probes)
		}
	}
}

// TestSlowPeerStays: whoever answers is not lost, however slow it or this host is,
// and whatever it does not acknowledge.
func TestSlowPeerStays(t *testing.T) {
	usual := transport.Config{}.Defaults()
	fine := transport.Config{Heartbeat: 150 * time.Millisecond, MaxMissed: 3}
	for _, c := range []struct {
		name   string
		config transport.Config
		world  world
	}{
		{"idle, 5 s away", usual, world{rtt: 5 * time.Second}},
		{"window closed, 2.3 s away", usual, world{rtt: 2300 * time.Millisecond, sends: time.Second}},
		{"idle, this host stalls", usual, world{rtt: time.Millisecond, stalls: true}},
		{"window closed, this host stalls", usual, world{rtt: time.Millisecond, sends: time.Second, stalls: true}},
		{"fine heartbeats, idle", fine, world{rtt: 400 * time.Millisecond}},
		{"fine heartbeats, window closed", fine, world{rtt: 400 * time.Millisecond, sends: time.Second}},
	} {
		if given, _ := c.world.run(c.config, time.Hour); given != 0 {
			t.Errorf("%s: given up at %v", c.name, given)
		}
	}
}

// TestDefaultsInRealTime: the same with sockets. A peer with a closed window
// acknowledges nothing either, but lives.
func TestDefaultsInRealTime(t *testing.T) {
	t.Parallel()
	c := transport.Config{Local: transport.Address{Addrs: quick().Local.Addrs}}
	m := listen(t, c)
	dead, slow := newRawPeer(t, m), newRawPeer(t, m)
	a, b := dead.associate(m), slow.associate(m)
	stop := make(chan struct{})
	answering := make(chan struct{})
	go func() {
		defer close(answering)
		for slow.answerHeartbeats(stop) {
		}
	}()
	start := time.Now()
	for _, s := range []*association{a, b} {
		if err := s.Send(testContext(t), transport.Message{PPID: 11, Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	waitDone(t, a)
	if took := time.Since(start); took > 4*time.Second || took < 2*time.Second {
		t.Errorf("lost after %v, want at most 4 s", took)
	}
	if err := b.Err(); err != nil {
		t.Errorf("a peer that answers heartbeats: %v", err)
	}
	close(stop)
	slow.conn.Close()
	<-answering
}
