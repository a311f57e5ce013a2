package view

import (
	"strconv"
	"strings"
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// area is a box of the drawing.
type area struct{ x, y, w, h int }

func (a area) overlaps(b area) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h
}

// crosses reports whether the box is on a level or upright line.
func (a area) crosses(x1, y1, x2, y2 int) bool {
	return a.overlaps(area{min(x1, x2), min(y1, y2), max(abs(x2-x1), 1), max(abs(y2-y1), 1)})
}

func numbers(t *testing.T, s string) (list []int) {
	t.Helper()
	for f := range strings.FieldsFuncSeq(s, func(r rune) bool { return r != '-' && (r < '0' || r > '9') }) {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

func TestMeshFits(t *testing.T) {
	for _, size := range []MeshSize{wideMesh, smallMesh} {
		for n := range 16 {
			s := newScope()
			for i := range n {
				s.peer(wire.ServerID(i+1), feed.Active, 0)
			}
			m := newMesh(s.Replica, s.now, size, Query{})
			view := numbers(t, m.ViewBox)
			boxes := map[string]area{}
			for _, node := range m.Nodes {
				at := numbers(t, node.Where)
				box := area{at[0], at[1], size.BoxWidth, size.BoxHeight}
				for id, other := range boxes {
					if box.overlaps(other) {
						t.Errorf("%d peers, width %d: %s and %s overlap", n, size.Width, node.ID, id)
					}
				}
				if box.x < 0 || box.y < 0 || box.x+box.w > view[2] || box.y+box.h > view[3] {
					t.Errorf("%d peers: %s is outside of %s", n, node.ID, m.ViewBox)
				}
				boxes[node.ID] = box
			}
			drawn := n
			if n > maxMesh {
				drawn = 1 // all are well: one box says so
			}
			if len(m.Links) != drawn || len(m.Nodes) != drawn+1 {
				t.Errorf("%d peers: %d boxes and %d lines", n, len(m.Nodes), len(m.Links))
			}
			for _, l := range m.Links {
				// M x y H x Q x y x y V y: level to the elbow, then upright.
				p := numbers(t, l.Path)
				x, y, turn, end := p[0], p[1], p[3], p[7]
				for id, box := range boxes {
					if id == l.ID {
						continue
					}
					if box.crosses(x, y, turn, y) || box.crosses(turn, y, turn, end) {
						t.Errorf("%d peers, width %d: the line of %s crosses %s", n, size.Width, l.ID, id)
					}
				}
				if middle := boxes[self.String()]; turn <= middle.x || turn >= middle.x+middle.w || end != middle.y && end != middle.y+middle.h {
					t.Errorf("%d peers, width %d: the line of %s ends at %d,%d, beside this registrar %+v", n, size.Width, l.ID, turn, end, middle)
				}
			}
		}
	}
}

// A scope of two is drawn in the middle.
func TestMeshOfTwo(t *testing.T) {
	s := newScope()
	s.peer(1, feed.Active, 0)
	for _, size := range []MeshSize{wideMesh, smallMesh} {
		m := newMesh(s.Replica, s.now, size, Query{})
		view := numbers(t, m.ViewBox)
		peer, self := numbers(t, m.Nodes[0].Where), numbers(t, m.Nodes[1].Where)
		left, right := peer[0]-view[0], view[0]+view[2]-self[0]-size.BoxWidth
		if left-right > 1 || right-left > 1 {
			t.Errorf("width %d: %d free at the left, %d at the right", size.Width, left, right)
		}
	}
}

func TestMeshOfMany(t *testing.T) {
	s := newScope()
	for i := range 20 {
		s.peer(wire.ServerID(i+1), feed.Active, 0)
	}
	s.peer(7, feed.Suspect, 0)
	s.peer(9, feed.Dead, 0)
	s.peer(11, feed.Active, 3)
	m := newMesh(s.Replica, s.now, wideMesh, Query{})
	var words []string
	for _, n := range m.Nodes {
		words = append(words, n.Title+" "+n.Word)
	}
	want := "0x00000009 Dead|0x0000000b Out of step|0x00000007 Suspect|17 others see the table|0x9c41e07d This registrar"
	if got := strings.Join(words, "|"); got != want {
		t.Errorf("boxes are %s\nwant %s", got, want)
	}
	if !strings.Contains(m.Text, "20 other registrars. 1 silent, 1 out of step, 1 dead.") {
		t.Errorf("in words: %q", m.Text)
	}
}
