package view

import (
	"strconv"
	"strings"

	"rserpool/registrar/inspect"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// messageMemo is what is worked out of a captured message once.
type messageMemo struct {
	protocol, name, with, says string
	notes                      []inspect.Note
	facts                      facts
	// answer is the name of the message that answers this one, key what both are
	// about.
	answer, key string
	// partner is the number of the message that this one answers (answers), or that
	// answers it; took is the time between, in microseconds.
	partner uint64
	answers bool
	took    int64
}

// maxBack is how far an answer looks back for its request.
const maxBack = 300

// reckon makes the memos that are missing: those of the newest messages.
func reckon(all []*replica.Message) {
	first := len(all)
	for first > 0 && all[first-1].Memo == nil {
		first--
	}
	for i := first; i < len(all); i++ {
		s := newMemo(all[i])
		all[i].Memo = s
		s.pair(all, i)
	}
}

// described is a message as package inspect tells it. Of one that is not here whole
// nothing is said but that.
func described(m *replica.Message) (r inspect.Result, notes []inspect.Note) {
	proto := inspect.ASAP
	if m.ENRP {
		proto = inspect.ENRP
	}
	b := []byte(m.Data)
	r = inspect.Read(proto, b)
	if len(b) < int(m.Length) {
		return r, []inspect.Note{{
			Weight: inspect.Reading, Head: "Only its beginning is here",
			Text: "The first " + Number(len(b)) + " of " + Number(int(m.Length)) + " bytes; messages.pcapng has all of them.",
		}}
	}
	return r, inspect.Notes(r, b)
}

func newMemo(m *replica.Message) *messageMemo {
	r, notes := described(m)
	s := &messageMemo{protocol: strings.ToUpper(r.Proto), name: r.Message.Get("name").Value, notes: notes, with: m.Remote.Addr().Unmap().String()}
	if s.name == "" {
		s.name = "not a message"
	}
	if !m.Remote.IsValid() {
		s.with = unknown
	}
	if m.Server != 0 {
		s.with = m.Server.String()
	}
	t := tellOf(r, []byte(m.Data))
	s.says, s.key, s.answer = t.says(), t.key(s.name), inspect.Answer(r.Message)
	s.facts = s.newFacts(m, t)
	return s
}

// newFacts is what a filter can ask for, in lower case. A type fits by its name and
// by every end of it: type:update finds HANDLE_UPDATE.
func (s *messageMemo) newFacts(m *replica.Message, t tell) (f facts) {
	way := "in"
	if m.Out {
		way = "out"
	}
	f.add("protocol", fold(s.protocol), true)
	f.add("direction", way, false)
	f.add("peer", m.Remote.String(), true)
	f.add("peer", m.Remote.Addr().Unmap().String(), false)
	f.add("association", strconv.FormatUint(m.Association, 10), false)
	f.add("bytes", strconv.FormatUint(uint64(m.Length), 10), false)
	f.add("", fold(s.says), true)
	f.add("type", fold(s.name), true)
	for rest := fold(s.name); ; {
		_, after, ok := strings.Cut(rest, "_")
		if !ok {
			break
		}
		f.add("type", after, false)
		rest = after
	}
	if m.Server != 0 {
		f.add("peer", m.Server.String(), true)
	}
	for _, h := range t.handles {
		f.add("pool", fold(Handle(h)), false)
	}
	for _, id := range t.elements {
		f.add("element", id, true)
	}
	for _, n := range s.notes {
		f.add("", fold(n.Head), true)
	}
	return f
}

// factsWith adds the note, which may come later.
func (s *messageMemo) factsWith(note Badge) facts {
	if note.Word == "" {
		return s.facts
	}
	f := s.facts[:len(s.facts):len(s.facts)]
	f.add("note", "*", false)
	f.add("", fold(note.Word), true)
	return f
}

// pair finds the request that the message at i answers: the oldest without an answer
// that went the other way of the same association.
func (s *messageMemo) pair(all []*replica.Message, i int) {
	m := all[i]
	if m.Association == 0 {
		return
	}
	for _, before := range all[max(0, i-maxBack):i] {
		b := before.Memo.(*messageMemo)
		if b.answer != s.name || b.partner != 0 || b.key != s.key || before.Association != m.Association || before.Out == m.Out {
			continue
		}
		s.partner, s.answers, s.took = before.Number, true, m.Micros-before.Micros
		b.partner, b.took = m.Number, s.took
		s.answer = "" // a presence that answers one asks for none in turn
		return
	}
}

// tell is what a message is about.
type tell struct {
	first    string // the action of an update, or who is to be taken over
	target   string
	handles  []wire.PoolHandle
	elements []string
	servers  int
	flags    string
	sum      string
	causes   []string
}

func tellOf(r inspect.Result, b []byte) tell {
	var t tell
	m := r.Message
	if a := m.Get("update_action"); a.Kind == inspect.Number {
		t.first = action(a)
	}
	if target := m.Get("targeting_server_id"); target.Kind == inspect.Text {
		t.target = target.Value
	}
	for _, word := range strings.Split(m.Get("flags").Note, ", ") {
		if name, _, ok := strings.Cut(word, ": "); ok && name == "R" {
			t.flags = "R=1"
		} else if word != "" && !strings.Contains(word, "without") {
			t.flags = strings.TrimSpace(t.flags + " " + word)
		}
	}
	t.walk(m, b)
	return t
}

func (t *tell) walk(n inspect.Node, b []byte) {
	switch n.Get("param").Value {
	case "pool_handle":
		t.handles = append(t.handles, handleOf(n, b))
	case "pool_element", "pe_identifier":
		if id := n.Get("pe_id").Value; id != "" {
			t.elements = append(t.elements, id)
		}
	case "server_information":
		t.servers++
	case "pe_checksum":
		t.sum = n.Get("checksum").Value
	}
	if c := n.Get("cause"); c.Kind == inspect.Text {
		t.causes = append(t.causes, c.Value)
	}
	for _, child := range n.Nodes {
		t.walk(child, b)
	}
}

// says is the sentence of the list.
func (t tell) says() string {
	var list []string
	add := func(s string) {
		if s != "" {
			list = append(list, s)
		}
	}
	add(t.first)
	if t.target != "" {
		add("target " + t.target)
	}
	switch {
	case len(t.handles) == 1:
		add(Handle(t.handles[0]))
	case len(t.handles) > 1:
		add(plural(len(t.handles), "pool", "pools") + ",")
	}
	switch {
	case len(t.elements) == 1:
		add(t.elements[0])
	case len(t.elements) > 1:
		add(plural(len(t.elements), "element", "elements"))
	}
	if t.sum != "" {
		add("checksum " + t.sum)
	} else if t.servers > 0 {
		add(plural(t.servers, "registrar", "registrars"))
	}
	add(t.flags)
	if len(t.causes) > 0 {
		add("cause " + strings.Join(t.causes, ", "))
	}
	return strings.Join(list, " ")
}

// key is what a request and its answer have in common: keep-alives and resolutions
// name the pool alone.
func (t tell) key(name string) string {
	key := t.target
	if len(t.handles) > 0 {
		key += string(t.handles[0])
	}
	if strings.Contains(name, "REGISTRATION") && len(t.elements) > 0 {
		key += "/" + t.elements[0]
	}
	return key
}

// handleOf is the pool handle of a parameter of the message b.
func handleOf(n inspect.Node, b []byte) wire.PoolHandle {
	h := n.Get("handle_hex")
	return wire.PoolHandle(b[h.Offset : h.Offset+h.Size])
}
