package ui

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rserpool/ui/view"
)

// set writes a slot as the program does; inRow is a row of a list.
func set(root *html.Node, name, value string, inRow bool) {
	for _, n := range find(root, func(n *html.Node) bool { return inRow || !inside(n, "data-key") }) {
		if attr(n, "data-t") == name {
			for n.FirstChild != nil {
				n.RemoveChild(n.FirstChild)
			}
			if value != "" {
				n.AppendChild(&html.Node{Type: html.TextNode, Data: value})
			}
		}
		for pair := range strings.FieldsSeq(attr(n, "data-a")) {
			if attribute, slot, _ := strings.Cut(pair, "="); slot == name {
				setAttr(n, attribute, value)
			}
		}
	}
}

// fill makes a list show rows, all cloned from its template.
func fill(t testing.TB, doc *html.Node, l view.List) {
	lists := find(doc, func(n *html.Node) bool { return attr(n, "data-list") == l.Name })
	if len(lists) != 1 {
		t.Fatal("lists named", l.Name, ":", len(lists), "want 1")
	}
	list := lists[0]
	row := first(byID(doc, attr(list, "data-row")))
	if row.DataAtom == atom.Svg {
		row = first(row)
	}
	for list.FirstChild != nil {
		list.RemoveChild(list.FirstChild)
	}
	for _, r := range l.Rows {
		c := clone(row)
		setAttr(c, "data-key", r.Key())
		r.Slots(func(name, value string) { set(c, name, value, true) })
		list.AppendChild(c)
	}
}

func first(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			return c
		}
	}
	return nil
}

func clone(n *html.Node) *html.Node {
	c := &html.Node{Type: n.Type, DataAtom: n.DataAtom, Data: n.Data, Namespace: n.Namespace, Attr: slices.Clone(n.Attr)}
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		c.AppendChild(clone(k))
	}
	return c
}

// find gives the elements below and with n that fit, but none in templates.
func find(n *html.Node, fits func(*html.Node) bool) (list []*html.Node) {
	if n.Type == html.ElementNode && fits(n) {
		list = append(list, n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if n.DataAtom != atom.Template {
			list = append(list, find(c, fits)...)
		}
	}
	return list
}

func byID(doc *html.Node, id string) *html.Node {
	return find(doc, func(n *html.Node) bool { return attr(n, "id") == id })[0]
}

// inside reports whether n has the attribute or is below an element that has it.
func inside(n *html.Node, key string) bool {
	for ; n != nil; n = n.Parent {
		if slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key }) {
			return true
		}
	}
	return false
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func setAttr(n *html.Node, key, value string) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	if value != "" {
		n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
	}
}

// dump writes a tree so that equal pages are equal texts: attributes in order,
// those that are empty left out, blanks between elements as well.
func dump(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		indent := strings.Repeat(" ", depth)
		switch n.Type {
		case html.TextNode:
			if text := strings.TrimSpace(n.Data); text != "" {
				b.WriteString(indent + text + "\n")
			}
		case html.ElementNode:
			var list []string
			for _, a := range n.Attr {
				switch {
				case a.Key == "hidden" || a.Key == "aria-disabled" || a.Key == "checked":
					list = append(list, a.Key)
				case a.Val != "":
					list = append(list, a.Key+"="+a.Val)
				}
			}
			slices.Sort(list)
			b.WriteString(indent + n.Data + " " + strings.Join(list, " ") + "\n")
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c, depth+1)
			}
		}
	}
	walk(n, 0)
	return b.String()
}
