package rsplib

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// afterwards is how long a scope is looked at once all is well: some keep-alives, and
// the time in which one that is not answered ends.
const afterwards = 5 * time.Second

// Elements that register again seldom, and can do so nowhere else: a takeover has to
// save them.
const seldom = "-rereginterval=25000"

// Of several registrars one can be made the first to take another one for dead, and
// the others late. RSPLIB's wait for consent for as long as a busy machine needs.
var (
	ourEager     = []string{"--max-time-last-heard", "2500ms", "--max-time-no-response", "2500ms"}
	theirEager   = []string{"-peermaxtimelastheard=2500", "-peermaxtimenoresponse=2500"}
	ourLate      = []string{"--max-time-last-heard", "8s"}
	theirLate    = []string{"-peermaxtimelastheard=8000"}
	theirPatient = []string{"-takeoverexpiryinterval=10000"}
)

// scope is a scene with registrars of both kinds and elements of RSPLIB. These are
// looked at whenever it is waited for something: none may be missing at any registrar
// that lives.
type scope struct {
	*scene
	members       []*member // in the order of their IDs
	alive         []*member
	service, pool string
	elements      map[string]*process // by their names in homes
	farm          *host
}

// assemble starts a scope. Kinds are "ours" and "theirs" in the order of the IDs; first
// is the one to notice a death before the others; flags are for RSPLIB's.
func (s *scene) assemble(kinds string, first int, flags ...string) *scope {
	s.Helper()
	sc := &scope{scene: s, service: "echo", pool: "EchoPool", elements: make(map[string]*process)}
	var hosts []*host
	list := strings.Fields(kinds)
	for i := range list {
		hosts = append(hosts, s.host(fmt.Sprintf("r%d", i+1), fmt.Sprintf("10.0.0.%d", i+1)))
	}
	for i, kind := range list {
		others := slices.Delete(slices.Clone(hosts), i, i+1)
		id, theirs := uint32(i+1)*0x11111111, kind == "theirs"
		line := append(naming(theirs, others...), pick(theirs, theirPatient, nil)...)
		switch {
		case i == first:
			line = append(line, pick(theirs, theirEager, ourEager)...)
		case first != none:
			line = append(line, pick(theirs, theirLate, ourLate)...)
		}
		if theirs {
			sc.members = append(sc.members, hosts[i].theirMember(id, append(line, flags...)...))
		} else {
			sc.members = append(sc.members, hosts[i].ourMember(id, line...))
		}
	}
	sc.alive = slices.Clone(sc.members)
	sc.farm = s.host("p", "10.0.0.100")
	return sc
}

func pick(theirs bool, a, b []string) []string {
	if theirs {
		return a
	}
	return b
}

// none is where all notice it at about the same time.
const none = -1

// populate gives each registrar an element, and one of them another.
func (s *scope) populate(rich *member, flags ...string) {
	s.Helper()
	s.populateFrom(s.farm, rich, flags)
}

// populateHunters is populate where the elements of the rich one may turn to any
// registrar later. RSPLIB's take that which answers first, so the others are out of
// their reach meanwhile.
func (s *scope) populateHunters(rich *member, flags ...string) {
	s.Helper()
	wild := s.host("q", "10.0.0.101")
	var block, unblock []string
	for _, m := range s.members {
		flags = append(flags, "-registrar="+m.at(asapPort))
		if m != rich {
			block = append(block, "route add unreachable "+m.addrs[0].String())
			unblock = append(unblock, "route delete unreachable "+m.addrs[0].String())
		}
	}
	s.ipAll(block, "-n", wild.namespace)
	s.populateFrom(wild, rich, flags)
	s.ipAll(unblock, "-n", wild.namespace)
}

func (s *scope) populateFrom(riches *host, rich *member, flags []string) {
	s.Helper()
	want := make(homes)
	for i, home := range append(slices.Clone(s.members), rich) {
		id, on, line := uint32(0xa0000001+i), s.farm, []string{seldom}
		if home == rich {
			on, line = riches, append(line, flags...)
		}
		s.elements[s.pool+" "+hex(id)] = on.rspserver(s.service, id, 7001+i, home.at(asapPort), line...)
		want.at(home, s.pool, id)
	}
	s.await("elements everywhere, in their own view too", func() bool {
		for _, m := range s.alive {
			if !maps.Equal(m.homes(s.pool), want) {
				return false
			}
		}
		return s.agreed([]homes{want})
	})
}

// told is the home that an element has been told of last.
func (s *scope) told(name string) string {
	const says = "Home registrar is $"
	text := s.elements[name].text()
	if i := strings.LastIndex(text, says); i >= 0 && len(text) >= i+len(says)+8 {
		return "0x" + text[i+len(says):][:8]
	}
	return "none"
}

// gone takes a registrar off the list of those that live.
func (s *scope) gone(m *member) {
	s.alive = slices.DeleteFunc(s.alive, func(o *member) bool { return o == m })
}

// vanish cuts a registrar's host off, for ever: nothing comes from it any more.
func (s *scope) vanish(m *member) {
	s.gone(m)
	m.vanish()
	m.program.kill()
}

// kill ends a registrar, and its kernel tells the others.
func (s *scope) kill(m *member) {
	s.gone(m)
	m.program.kill()
}

// look asks all registrars that live for all elements, and fails if one is missing.
func (s *scope) look() (views []homes) {
	s.Helper()
	for _, m := range s.alive {
		view := m.homes(s.pool)
		for name := range s.elements {
			if h := view[name]; h == "" || h == hex(0) {
				s.Fatalf("%s has lost %s, and knows %v", m.program.label, name, view)
			}
		}
		views = append(views, view)
	}
	return views
}

// watch looks at the scope until done, and calls late where span passes before.
func (s *scope) watch(span time.Duration, done func([]homes) bool, late func([]homes)) {
	s.Helper()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for end := time.Now().Add(span); ; <-tick.C {
		views := s.look()
		switch {
		case done(views):
			return
		case time.Now().After(end):
			late(views)
			return
		}
	}
}

// settled returns the home of each element when it is the same everywhere, lives,
// and is what the element believes; and it has to stay so.
func (s *scope) settled() (all homes) {
	s.Helper()
	s.watch(patience, func(views []homes) bool {
		all = views[0]
		return s.agreed(views)
	}, func(views []homes) {
		s.Fatalf("no agreement in %v: the registrars know %v, the elements %v", patience, views, s.toldAll())
	})
	s.watch(afterwards, func(views []homes) bool {
		if !s.agreed(views) || !maps.Equal(views[0], all) {
			s.Fatalf("agreed on %v, then not any more: the registrars know %v, the elements %v", all, views, s.toldAll())
		}
		return false
	}, func([]homes) {})
	return all
}

func (s *scope) agreed(views []homes) bool {
	for _, v := range views {
		if !maps.Equal(v, views[0]) {
			return false
		}
	}
	for name, home := range views[0] {
		lives := slices.ContainsFunc(s.alive, func(m *member) bool { return hex(m.id) == home })
		if !lives || s.told(name) != home {
			return false
		}
	}
	return true
}

func (s *scope) toldAll() homes {
	all := make(homes)
	for name := range s.elements {
		all[name] = s.told(name)
	}
	return all
}

// moved awaits that the elements of one registrar are at home at another, and that
// all others are where they were.
func (s *scope) moved(from, to *member) {
	s.Helper()
	was := s.look()[0]
	s.compare(was, s.settled(), from, to)
}

// takenOver awaits that the elements of a dead registrar are at home at one that has
// started to take it over, the one with the smallest ID if several have.
func (s *scope) takenOver(dead *member) (heir *member) {
	s.Helper()
	was := s.look()[0]
	is := s.settled()
	for _, m := range s.alive {
		if heir == nil && m.started(dead) {
			heir = m
		}
	}
	if heir == nil {
		s.Fatalf("nobody has started to take %s over", dead.program.label)
	}
	s.compare(was, is, dead, heir)
	return heir
}

func (s *scope) compare(was, is homes, from, to *member) {
	s.Helper()
	for name, home := range was {
		want := home
		if home == hex(from.id) {
			want = hex(to.id)
		}
		if is[name] != want {
			s.Errorf("%s is at home at %s, want %s: before %v, now %v", name, is[name], want, was, is)
		}
	}
}

// started reports whether a registrar has begun to take another one over.
func (m *member) started(dead *member) bool {
	if m.ours == nil {
		return strings.Contains(m.program.text(), fmt.Sprintf("Initiating takeover of dead peer $%08x", dead.id))
	}
	for line := range strings.Lines(m.program.text()) {
		if strings.Contains(line, "msg=peer.taking_over") && strings.Contains(line, "server="+hex(dead.id)) {
			return true
		}
	}
	return false
}
