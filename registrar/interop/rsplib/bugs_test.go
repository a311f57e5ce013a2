package rsplib

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLongHandle: RSPLIB's registrar aborts on a pool handle of more than 32 bytes,
// whatever message it is in. Those of ours do not get there.
func TestLongHandle(t *testing.T) {
	play(t, 6, "registrar, element",
		"pools of 33 and 64 bytes at ours, which rspregistrar would not survive: it never hears of them, but of all others, and finds nothing amiss", func(s *scene) {
			a, b, h := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2"), s.host("p1", "10.0.0.11")
			ours := a.ourMember(idOfOurs, naming(false, b)...)
			pools := []string{strings.Repeat("x", 33), strings.Repeat("y", 64), strings.Repeat("z", 32), "short"}
			element := func(pool string, id uint32) *process {
				p := h.ours("element", "echo", "--dialect", "rsplib", "--pool", pool, "--id", hex(id), "--registrar", ours.at(asapPort), "--reregister", "2s")
				p.awaitText("registered " + hex(id))
				return p
			}
			all := make(homes)
			for i, pool := range pools {
				element(pool, 0xa1+uint32(i))
				all.at(ours, pool, 0xa1+uint32(i))
			}
			// The table that a newcomer asks for, then updates.
			theirs := b.theirMember(idOfTheirs, append(naming(true, a), "-mentordiscoverytimeout=5000")...)
			told := make(homes).at(ours, pools[2], 0xa3).at(ours, pools[3], 0xa4)
			s.agree(told, theirs)
			for i, pool := range pools {
				p := element(pool, 0xb1+uint32(i))
				if i%2 == 0 {
					p.stop()
					continue
				}
				all.at(ours, pool, 0xb1+uint32(i))
			}
			told.at(ours, pools[3], 0xb4)
			s.agree(all, ours)
			s.agree(told, theirs)
			asked := strings.Count(theirs.program.text(), syncs)
			s.stay(5*time.Second, ours, theirs)
			if more := strings.Count(theirs.program.text(), syncs); more != asked {
				s.Errorf("rspregistrar has compared checksums in vain %d times", more-asked)
			}
		})
}

// syncs is what RSPLIB says when a checksum is not what it should be.
const syncs = "ynchroniz"

// TestWakesUp: a registrar of RSPLIB was stopped for so long that ours has taken it
// over. What it finds when it wakes is a late INIT_TAKEOVER, and an element that is
// gone; it answers that it lives.
func TestWakesUp(t *testing.T) {
	play(t, 6, "registrar", "rspregistrar stopped, taken over, and continued: answers the late INIT_TAKEOVER, and no element is lost", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
		theirs := b.theirMember(idOfTheirs)
		ours := a.ourMember(idOfOurs, naming(false, b)...)
		s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, theirs.at(asapPort), "-rereginterval=60000")
		s.host("p2", "10.0.0.12").rspserver("echo", 0xa0000002, 7002, ours.at(asapPort), "-rereginterval=60000")
		s.agree(make(homes).at(theirs, "EchoPool", 0xa0000001).at(ours, "EchoPool", 0xa0000002), ours, theirs)
		theirs.program.pause()
		both := make(homes).at(ours, "EchoPool", 0xa0000001, 0xa0000002)
		s.await("takeover", func() bool {
			known := ours.homes()
			if len(known) != 2 {
				s.Fatalf("ours knows %v", known)
			}
			return maps.Equal(known, both)
		})
		ours.program.awaitMore(2, "keepalive.acknowledged")
		theirs.program.resume()
		s.agree(both, ours, theirs)
		s.always(5*time.Second, "both elements", func() bool { return maps.Equal(ours.homes(), both) })
		s.agree(both, ours, theirs)
	})
}

// TestTakeoverSuggested: RSPLIB's registrar gives an element to ours. The element
// leaves it without a word then, and it tells us that the element is gone.
func TestTakeoverSuggested(t *testing.T) {
	play(t, 6, "registrar", "rspregistrar -supporttakeoversuggestion gives an element away, then tells that it is gone: ours keeps it", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
		theirs := b.theirMember(idOfTheirs, "-supporttakeoversuggestion")
		ours := a.ourMember(idOfOurs, naming(false, b)...)
		s.inStepWith(ours, theirs)
		// Of the two registrars ours has the identifier that is further from the element's.
		s.host("p1", "10.0.0.11").rspserver("echo", 0xd0000001, 7001, theirs.at(asapPort), "-rereginterval=60000")
		want := make(homes).at(ours, "EchoPool", 0xd0000001)
		s.agree(want, ours)
		s.always(3*time.Second, "at home here", func() bool { return maps.Equal(ours.homes(), want) })
		ours.program.awaitMore(2, "keepalive.acknowledged")
		s.agree(want, ours, theirs)
	})
}

// TestDualStack: RSPLIB calls an element at the first address that it has, of whatever
// family, and gives it up if that is not its own.
func TestDualStack(t *testing.T) {
	play(t, 6, "registrar", "rspserver with addresses of both families, its registrar's host vanishes: ours, which has IPv4 alone, calls it and takes it over", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2", "fd00:0::2")
		theirs := b.theirMember(idOfTheirs)
		ours := a.ourMember(idOfOurs, naming(false, b)...)
		s.host("p1", "10.0.0.11", "fd00:0::11").rspserver("pingpong", 0xa0000001, 7001, theirs.at(asapPort), "-rereginterval=60000")
		s.agree(make(homes).at(theirs, "PingPongPool", 0xa0000001), ours, theirs)
		b.vanish()
		want := make(homes).at(ours, "PingPongPool", 0xa0000001)
		s.agree(want, ours)
		ours.program.awaitMore(3, "keepalive.acknowledged")
		s.agree(want, ours)
		s.host("u1", "10.0.0.21").pingpongclient(ours.at(asapPort)).awaitText("from PE $a0000001")
	})
}

// TestOpenDownload: RSPLIB's registrar is stopped in the middle of our table, and goes
// on with it when nobody remembers.
func TestOpenDownload(t *testing.T) {
	play(t, 6, "registrar", "rspregistrar stopped in the middle of our table of 200 elements, and continued when ours has given it up: has all of them", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
		ours := a.ourMember(idOfOurs, append(naming(false, b), "--keepalive-interval", "10m")...)
		const count = 100
		s.host("p1", "10.0.0.11").ours("element", "echo", "--dialect", "rsplib", "--pool", "Many", "--count", "100", "--registrar", ours.at(asapPort))
		ours.ours.awaitElements("Many", count)
		// Half a second to and fro: time enough to see the table come.
		if out, err := exec.Command("tc", "qdisc", "add", "dev", b.links[0], "root", "netem", "delay", "500ms").CombinedOutput(); err != nil {
			s.Fatalf("tc: %v: %s", err, out)
		}
		p := b.theirs("rspregistrar", slices.Concat([]string{
			"-identifier=" + hex(idOfTheirs), "-asap=" + b.atAll(asapPort), "-enrp=" + b.atAll(enrpPort),
			"-asapannounce=off", "-enrpannounce=off", "-peer=" + a.at(enrpPort),
		}, theirFast, theirLog, []string{"-mentordiscoverytimeout=20000"}, theirCalm)...)
		theirs := &member{host: b, id: idOfTheirs, program: p}
		p.awaitText("HandleTable")
		p.pause()
		ours.ours.awaitState("loss of the newcomer", func(s state) bool { return len(s.Peers) == 0 || s.Peers[0].State == "dead" })
		p.resume()
		s.await("all elements", func() bool { return len(theirs.homes("Many")) == count })
		s.inStepWith(ours, theirs)
	})
}

// TestDumps: RSPLIB's tool is a registrar for as long as it takes. Several at once do
// not keep ours from what goes on among the real ones.
func TestDumps(t *testing.T) {
	play(t, 7, "registrar", "hsdump, four at once while rspregistrar joins: each lists the handlespace, and none is left behind as a peer", func(s *scene) {
		a, b := s.host("r1", "10.0.0.1"), s.host("r2", "10.0.0.2")
		ours := a.ourMember(idOfOurs, naming(false, b)...)
		s.host("p1", "10.0.0.11").rspserver("echo", 0xa0000001, 7001, ours.at(asapPort))
		want := make(homes).at(ours, "EchoPool", 0xa0000001)
		s.agree(want, ours)
		var dumps []*process
		for _, number := range []string{"1", "2", "3", "4"} {
			d := s.host("d"+number, "10.0.0.3"+number).theirs("hsdump", ours.at(enrpPort))
			d.mayEnd = true
			dumps = append(dumps, d)
		}
		theirs := b.theirMember(idOfTheirs, naming(true, a)...)
		for _, d := range dumps {
			d.wait()
			if text := d.text(); !strings.Contains(text, "EchoPool") || !strings.Contains(text, "a0000001") {
				s.Errorf("hsdump prints %q", text)
			}
		}
		s.agree(want, ours, theirs)
		s.inStepWith(ours, theirs)
	})
}

// inStepWith returns when ours has theirs as its only peer, and all that it has.
func (s *scene) inStepWith(ours, theirs *member) {
	s.Helper()
	ours.ours.awaitState("only peer in step", func(s state) bool {
		p, known := s.peer(theirs.id)
		return known && p.State == "active" && p.InSync && len(s.Peers) == 1
	})
}

// pause stops the program without its knowledge, resume lets it go on; the end of the
// test does too.
func (p *process) pause() {
	p.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		p.Fatalf("%s: %v", p.label, err)
	}
	p.Cleanup(p.resume)
}

func (p *process) resume() {
	p.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.Errorf("%s: %v", p.label, err)
	}
}
