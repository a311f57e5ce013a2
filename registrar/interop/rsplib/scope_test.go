package rsplib

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// member is a registrar of either kind in a scope that has both.
type member struct {
	*host
	id      uint32
	program *process
	ours    *ourRegistrar // nil where it is RSPLIB's
	talk    *talk         // with RSPLIB's, while there is one
}

// Timers at which nobody is given up before 8 s of silence: those of scenarios in
// which nobody dies.
var (
	ourCalm   = []string{"--max-time-last-heard", "4s", "--max-time-no-response", "4s", "--keepalive-timeout", "4s"}
	theirCalm = []string{"-peermaxtimelastheard=4000", "-peermaxtimenoresponse=4000", "-endpointkeepalivetimeoutinterval=4000"}
)

// ourMember starts a registrar of ours, calm.
func (h *host) ourMember(id uint32, flags ...string) *member {
	h.Helper()
	r := h.registrar(id, slices.Concat(ourCalm, flags)...)
	return &member{host: h, id: id, program: r.process, ours: r}
}

// theirMember starts one of RSPLIB's.
func (h *host) theirMember(id uint32, flags ...string) *member {
	h.Helper()
	return &member{host: h, id: id, program: h.rspregistrar(id, slices.Concat(theirCalm, flags)...)}
}

// naming is the flag by which a registrar knows others beforehand.
func naming(theirs bool, others ...*host) []string {
	var flags []string
	for _, h := range others {
		if theirs {
			flags = append(flags, "-peer="+h.at(enrpPort))
		} else {
			flags = append(flags, "--peer", h.at(enrpPort))
		}
	}
	return flags
}

// homes is the handlespace as it has to be the same everywhere: the home of each
// element, which is named by its pool and its identifier.
type homes map[string]string

// at puts an element into the list.
func (l homes) at(m *member, pool string, ids ...uint32) homes {
	for _, id := range ids {
		l[pool+" "+hex(id)] = hex(m.id)
	}
	return l
}

// homes is what the registrar knows: ours says all by its API, RSPLIB's resolves
// pools, of which it tells at most 128 elements.
func (m *member) homes(pools ...string) homes {
	m.Helper()
	list := make(homes)
	if m.ours != nil {
		for _, p := range m.ours.state().Pools {
			for _, e := range p.Elements {
				list[string(p.Bytes)+" "+e.ID] = e.Home
			}
		}
		return list
	}
	for _, pool := range pools {
		for _, e := range m.resolve(pool) {
			list[pool+" "+e.ID.String()] = e.HomeServer.String()
		}
	}
	return list
}

// owned is what hsdump prints of an element.
var owned = regexp.MustCompile(`- \$([0-9a-f]{8}) -> "(.*)" / \$([0-9a-f]{8}) `)

// dump is the handlespace as hsdump gets it, as a peer does.
func (m *member) dump() homes {
	m.Helper()
	list := make(homes)
	for _, f := range owned.FindAllStringSubmatch(m.hsdump(m.at(enrpPort)), -1) {
		list[f[2]+" 0x"+f[3]] = "0x" + f[1]
	}
	return list
}

// resolve asks as a user does, from the registrar's own host.
func (m *member) resolve(pool string) []wire.PoolElement {
	m.Helper()
	if m.talk == nil {
		c, err := m.host.talk(m.host)
		if err != nil {
			m.Fatal(err)
		}
		m.talk = c
		m.Cleanup(func() { c.conn.Close() })
	}
	if err := m.talk.send(asap.HandleResolution{Handle: wire.PoolHandle(pool), Items: asap.AllItems}); err != nil {
		m.Fatalf("%s does not listen: %v", m.program.label, err)
	}
	answer, err := m.talk.receive()
	r, ok := answer.(asap.HandleResolutionResponse)
	if !ok {
		m.Fatalf("%s answers %T (%v)", m.program.label, answer, err)
	}
	return r.Elements
}

// pools are those of the list.
func (l homes) pools() []string {
	all := make(map[string]bool)
	for name := range l {
		all[name[:len(name)-len(" 0x00000000")]] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// agree returns when all members know these elements and no other.
func (s *scene) agree(want homes, members ...*member) {
	s.Helper()
	for _, m := range members {
		s.awaitHomes(want, m, func() homes { return m.homes(want.pools()...) })
	}
}

// same reports whether a member knows these elements and no other now.
func (s *scene) same(want homes, m *member) bool {
	s.Helper()
	have := m.homes(want.pools()...)
	if !maps.Equal(have, want) {
		s.Logf("%s: %s", m.program.label, differences(have, want))
	}
	return maps.Equal(have, want)
}

// contains reports whether a member knows these, perhaps among others.
func (s *scene) contains(want homes, m *member) bool {
	s.Helper()
	have := m.homes(want.pools()...)
	for name, home := range want {
		if have[name] != home {
			return false
		}
	}
	return true
}

// agreeAll is agree where RSPLIB's registrar has more than it tells a user.
func (s *scene) agreeAll(want homes, members ...*member) {
	s.Helper()
	for _, m := range members {
		s.awaitHomes(want, m, m.dump)
	}
}

// alike returns when both know these elements and no other, with the same home
// whichever that is.
func (s *scene) alike(want homes, one, other *member) {
	s.Helper()
	s.awaitHomes(want, one, func() homes {
		here, there := one.homes(want.pools()...), other.homes(want.pools()...)
		known := make(homes)
		for _, name := range slices.Concat(slices.Collect(maps.Keys(here)), slices.Collect(maps.Keys(there))) {
			known[name] = want[name]
			if here[name] != there[name] {
				known[name] = here[name] + " and " + there[name]
			}
		}
		return known
	})
}

func (s *scene) awaitHomes(want homes, m *member, know func() homes) {
	s.Helper()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	late := time.Now().Add(patience)
	for have := know(); !maps.Equal(have, want); have = know() {
		s.intact()
		if time.Now().After(late) {
			s.Fatalf("%s knows %d elements, want %d: %s", m.program.label, len(have), len(want), differences(have, want))
		}
		<-tick.C
	}
}

// differences are some of those between what is known and what should be.
func differences(have, want homes) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if have[name] != want[name] {
			list = append(list, fmt.Sprintf("%s is at %q instead of %s", name, have[name], want[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if want[name] == "" {
			list = append(list, name+" should not be")
		}
	}
	return strings.Join(list[:min(len(list), 10)], ", ")
}

// mentored reports whether RSPLIB's registrar has asked another one for all when it
// started. It is patient for 5 s, whatever its flags say.
func (m *member) mentored() bool { return strings.Contains(m.program.text(), "as mentor server") }

// stay checks for a while that no member gives another one up.
func (s *scene) stay(span time.Duration, members ...*member) {
	s.Helper()
	s.always(span, "alive", func() bool {
		for _, m := range members {
			for _, other := range members {
				if other != m && m.missed(other) {
					s.Logf("%s has lost %s", m.program.label, other.program.label)
					return false
				}
			}
		}
		return true
	})
}

// missed reports whether a member says that it has given another one up.
func (m *member) missed(other *member) bool {
	words := fmt.Sprintf(`Peer \$%08x .*\n.* did not answer in MaxTimeNoResponse`, other.id)
	if m.ours != nil {
		words = `msg=peer\.(dead|taking_over) .*server=` + hex(other.id)
	}
	return regexp.MustCompile(words).MatchString(m.program.text())
}
