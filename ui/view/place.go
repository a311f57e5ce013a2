package view

// Kind is one of the pages.
type Kind uint8

// The pages.
const (
	Overview Kind = iota
	Pools
	Pool
	Elements
	Peers
	Events
	Inspector
	WhatIf
	Takeover
	Holds
)

// Kinds is how many there are.
const Kinds = int(Holds) + 1

// place is how a page is known: by its name in addresses and slots, and in the rail
// by label and icon. A page without a label is part of another one's.
type place struct{ name, label, icon string }

var places = [Kinds]place{
	Overview:  {"overview", "Overview", "i-overview"},
	Pools:     {"pools", "Pools", "i-pools"},
	Pool:      {name: "pool"},
	Elements:  {"elements", "Elements", "i-elements"},
	Peers:     {"peers", "Peers", "i-peers"},
	Events:    {"events", "Events", "i-events"},
	Inspector: {"inspector", "Inspector", "i-code"},
	WhatIf:    {"what-if", "What-if", "i-flask"},
	Takeover:  {name: "takeover"},
	Holds:     {"holds", "Holds", "i-holds"},
}

// String is the name in slots and in the document.
func (k Kind) String() string { return places[k].name }

// named finds the page at a path of one part; the one of the root has none.
func named(path string) (Kind, bool) {
	for kind, at := range places {
		if at.label != "" && path == Kind(kind).path() {
			return Kind(kind), true
		}
	}
	return 0, false
}

// Patterns are the addresses of all pages, as chi routes them.
func Patterns() []string {
	list := make([]string, Kinds)
	for kind := range places {
		k := Kind(kind)
		list[kind] = "/" + k.path()
		switch k {
		case Pool:
			list[kind] += "/{key}"
		case Takeover:
			list[kind] += "/{id}/takeovers/{seq}"
		default:
		}
	}
	return list
}

// path is the first part of the page's address.
func (k Kind) path() string {
	switch k {
	case Overview:
		return ""
	case Pool:
		return places[Pools].name
	case Takeover:
		return places[Peers].name
	default:
		return places[k].name
	}
}

// Nav is the rail.
type Nav struct {
	Items []NavItem
	// Scope and Build stand at its foot.
	Scope, Build string
}

// NavItem is one entry of the rail. Its slot has the name "nav." and Name.
type NavItem struct {
	_                       incomparable
	Name, Label, Shape, URL string
	// Current marks the page that is shown.
	Current bool
	// Count is beside the name, Icon and Class where something is wrong.
	Count, Icon, Class string
}

// newNav makes the rail of a page.
func newNav(q Query) Nav {
	var n Nav
	for kind, at := range places {
		if at.label == "" {
			continue
		}
		k := Kind(kind)
		n.Items = append(n.Items, NavItem{
			Name: at.name, Label: at.label, Shape: at.icon, URL: q.link(Query{Kind: k}), Current: q.Kind.path() == k.path(), Class: "n",
		})
	}
	return n
}

// tabs is how many pages have a tab on a phone, beside the tab More.
const tabs = 4

// First are the entries that a phone shows as tabs; More the others.
func (n Nav) First() []NavItem { return n.Items[:tabs] }

// More are the entries behind the tab More.
func (n Nav) More() []NavItem { return n.Items[tabs:] }

// item is the entry of a page.
func (n Nav) item(k Kind) *NavItem {
	for i := range n.Items {
		if n.Items[i].Name == places[k].name {
			return &n.Items[i]
		}
	}
	return &NavItem{}
}

// Overview is where the mark in the bar leads.
func (n Nav) Overview() string { return n.item(Overview).URL }

func (n Nav) slots(set Set) {
	for _, i := range n.Items {
		i.slots("nav."+i.Name, set)
	}
	set("nav.scope", n.Scope)
	set("nav.build", n.Build)
}

func (n NavItem) slots(name string, set Set) {
	set(name, n.URL)
	set(name+".current", n.aria())
	set(name+".count", n.Count)
	set(name+".icon", n.Icon)
	set(name+".class", n.Class)
	set(name+".calm", yes(n.Icon == ""))
}

// aria is the value of aria-current.
func (n NavItem) aria() string {
	if n.Current {
		return "page"
	}
	return ""
}

// look marks that something is wrong there, or counts what is there.
func (n *NavItem) look(count int, icon, class string) {
	n.Count, n.Icon, n.Class = Number(count), icon, class
}
