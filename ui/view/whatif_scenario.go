package view

import (
	"cmp"
	"strconv"
	"strings"

	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/whatif"
	"rserpool/registrar/wire"
)

// Limits of a scenario.
const (
	// maxMembers keeps its link below what browsers and proxies take.
	maxMembers = 200
	// maxSelections is a run of a second or so in a page.
	maxSelections     = 1_000_000
	defaultSelections = 100_000
	defaultSeed       = 1
	// maxValue is more than any value of a policy has.
	maxValue = 32
	// noValue stands for the values of a policy that has none.
	noValue = "-"
)

// Scenario is what is tried with a copy of a pool. The zero value is the pool as it
// is.
type Scenario struct {
	// Policy is the short name of another policy, empty for the pool's own.
	Policy string
	// Members are the elements of the copy, each "ID:values" with ! in front where
	// it fails, behind spaces; empty: those of the pool.
	Members string
	// Selections is how many to make, Seed what decides chance; 0 for the defaults.
	Selections int
	Seed       uint64
}

// read takes one parameter of an address; false where it is none of a scenario.
func (s *Scenario) read(name, value string) {
	switch id, isValue := strings.CutPrefix(name, "v-"); {
	case name == "policy" && len(value) <= maxValue:
		s.Policy = value
	case name == "n":
		if n, err := strconv.Atoi(strings.ReplaceAll(value, ",", "")); err == nil && n > 0 {
			s.Selections = min(n, maxSelections)
		}
	case name == "seed":
		s.Seed, _ = strconv.ParseUint(value, 10, 64)
	case name == "fail":
		s.Members = strings.Replace(" "+s.Members, " "+value+":", " !"+value+":", 1)[1:]
	case isValue && len(value) <= maxValue && strings.Count(s.Members, " ") < maxMembers-1:
		n, err := wire.ParseID(id)
		if err != nil || strings.ContainsAny(value, " !") {
			return
		}
		if value == noValue {
			value = ""
		}
		entry := wire.PEIdentifier(n).String() + ":" + value
		if s.Members != "" {
			entry = " " + entry
		}
		s.Members += entry
	}
}

// write gives the parameters of the address.
func (s Scenario) write(add func(name, value string)) {
	add("policy", s.Policy)
	if s.Selections != 0 && s.Selections != defaultSelections {
		add("n", strconv.Itoa(s.Selections))
	}
	if s.Seed > defaultSeed {
		add("seed", strconv.FormatUint(s.Seed, 10))
	}
	var failing []string
	for entry := range strings.FieldsSeq(s.Members) {
		entry, fails := strings.CutPrefix(entry, "!")
		id, value, _ := strings.Cut(entry, ":")
		add("v-"+id, cmp.Or(value, noValue))
		if fails {
			failing = append(failing, id)
		}
	}
	for _, id := range failing {
		add("fail", id)
	}
}

func (s Scenario) selections() int {
	if s.Selections == 0 {
		return defaultSelections
	}
	return s.Selections
}

func (s Scenario) seed() uint64 { return max(s.Seed, defaultSeed) }

// member is an element of the copy, with its values as text.
type member struct {
	whatif.Member
	value, fault string
}

// model is the copy that a scenario is tried with.
type model struct {
	rule    policy.Rule
	members []member
	// left is how many elements of the pool there was no room for.
	left int
}

// model makes the copy; live is the pool as it is.
func (s Scenario) model(r *replica.Replica, h wire.PoolHandle) (m, live model) {
	pool, _ := r.Pool(h)
	live.rule = policy.RuleOf(pool.Policy.Type)
	for e := range r.Elements(h) {
		if len(live.members) == maxMembers {
			live.left = pool.Len - maxMembers
			break
		}
		live.members = append(live.members, member{Member: whatif.Member{ID: e.ID, Policy: e.Policy}, value: valuesText(e.Policy)})
	}
	m.rule, m.left = live.rule, live.left
	if s.Policy != "" {
		if p, err := policy.Parse(s.Policy + example(s.Policy)); err == nil && policy.Selects(p.Type) {
			m.rule = policy.RuleOf(p.Type)
		}
	}
	if s.Members == "" {
		for _, e := range live.members {
			e.Policy = converted(e.Policy, m.rule)
			e.value = valuesText(e.Policy)
			m.members = append(m.members, e)
		}
		return m, live
	}
	m.left = 0
	for entry := range strings.FieldsSeq(s.Members) {
		m.members = append(m.members, m.read(entry))
	}
	return m, live
}

// read is one entry of Scenario.Members.
func (m model) read(entry string) member {
	entry, fails := strings.CutPrefix(entry, "!")
	id, value, _ := strings.Cut(entry, ":")
	n, _ := wire.ParseID(id) // it was read before
	e := member{Member: whatif.Member{ID: wire.PEIdentifier(n), Fails: fails}, value: value}
	spec := m.rule.Short
	if len(m.rule.Fields) > 0 {
		spec += ":" + value
	}
	p, err := policy.Parse(spec)
	if err != nil {
		e.fault = "Want " + valueName(m.rule.Type) + ", as in " + strings.TrimPrefix(example(m.rule.Short), ":") + "."
		p = converted(wire.Policy{}, m.rule)
	}
	e.Policy = p
	return e
}

// text is the copy as Scenario.Members has it.
func (m model) text() string {
	var b strings.Builder
	for i, e := range m.members {
		if i > 0 {
			b.WriteByte(' ')
		}
		if e.Fails {
			b.WriteByte('!')
		}
		b.WriteString(e.ID.String() + ":" + e.value)
	}
	return b.String()
}

// trial are the members as they are tried.
func (m model) trial() []whatif.Member {
	list := make([]whatif.Member, len(m.members))
	for i, e := range m.members {
		list[i] = e.Member
	}
	return list
}

// valuesText gives the values of a policy as a specification has them behind its name.
func valuesText(p wire.Policy) string {
	_, values, _ := strings.Cut(policy.Spec(p), ":")
	return values
}

// example is an example of a policy's values.
func example(short string) string {
	switch short {
	case "rr", "rand":
		return ""
	case "wrr", "wrand", "prio":
		return ":5"
	case "lu", "rlu":
		return ":30%"
	default:
		return ":30%:5%"
	}
}

// converted gives an element the policy of another rule: values of the same unit
// stay, others are a weight of 1, and no load.
func converted(p wire.Policy, rule policy.Rule) wire.Policy {
	if p.Type == rule.Type {
		return p
	}
	have, _ := policy.Fields(p)
	spec := rule.Short
	for i, f := range rule.Fields {
		text := "1"
		if f.Unit == policy.Share {
			text = "0%"
		}
		if i < len(have) && have[i].Unit == f.Unit {
			text = strconv.FormatUint(uint64(have[i].Value), 10)
			if f.Unit == policy.Share {
				text = policy.Percent(have[i].Value)
			}
		}
		spec += ":" + text
	}
	made, err := policy.Parse(spec)
	if err != nil {
		return wire.Policy{Type: rule.Type}
	}
	return made
}
