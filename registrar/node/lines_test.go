package node

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Of each association a portion comes, in the order in which they were asked, then one of
// the next; and an association is full from more than lineLimit until a quarter of that.
func TestLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			all   lines
			links [5]link
			// model are the lines in their order; asked numbers the resolutions.
			model []*link
			want  = map[*link][]int{}
			asked int
			taken int
		)
		bytes := func(l *link) (sum int) {
			for _, size := range want[l] {
				sum += lineCost + size
			}
			return sum
		}
		full := map[*link]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				l := &links[rapid.IntRange(0, len(links)-1).Draw(t, "association")]
				asked++ // also its size, which tells it from others
				filled := all.add(received{link: l, data: make([]byte, asked)})
				if len(want[l]) == 0 {
					model = append(model, l)
				}
				want[l] = append(want[l], asked)
				if want := !full[l] && bytes(l) > lineLimit; filled != want {
					t.Fatalf("it fills the line: %v with %d bytes, want %v", filled, bytes(l), want)
				}
				full[l] = full[l] || bytes(l) > lineLimit
			},
			"next": func(t *rapid.T) {
				in, ok := all.next()
				if ok != (len(model) > 0) {
					t.Fatalf("one comes: %v, with %d lines", ok, len(model))
				}
				if !ok {
					return
				}
				l := model[0]
				if in.link != l || len(in.data) != want[l][0] {
					t.Fatalf("%d comes, want %d", len(in.data), want[l][0])
				}
				want[l] = want[l][1:]
				full[l] = full[l] && bytes(l) > lineLimit/4
				if taken++; taken == portion || len(want[l]) == 0 {
					model, taken = model[1:], 0
					if len(want[l]) > 0 {
						model = append(model, l)
					}
				}
			},
			"": func(t *rapid.T) {
				waiting := 0
				for i := range links {
					l := &links[i]
					waiting += len(want[l])
					if got := l.line.full() != nil; got != full[l] {
						t.Fatalf("association %d is full: %v with %d bytes, want %v", i, got, bytes(l), full[l])
					}
				}
				if all.waiting != waiting || len(all.order) != len(model) {
					t.Fatalf("%d wait in %d lines, want %d in %d", all.waiting, len(all.order), waiting, len(model))
				}
			},
		})
	})
}

// Who waits for room is told.
func TestLineRelief(t *testing.T) {
	var all lines
	var l link
	for l.line.full() == nil {
		all.add(received{link: &l, data: make([]byte, 1000)})
	}
	if got := all.waiting; got != lineLimit/(lineCost+1000)+1 {
		t.Errorf("%d wait until it is full", got)
	}
	relief := l.line.full()
	for range 6 {
		all.next()
	}
	select {
	case <-relief:
		t.Errorf("relieved with %d that wait", all.waiting)
	default:
	}
	all.next()
	<-relief
}

// In an overload who asks for the first time since a look is answered, as far as answers
// are left; others wait, and are refused where too many do.
func TestAdmit(t *testing.T) {
	for _, tt := range []struct {
		name           string
		left, refusals int
		waiting, own   int // of all and of the association, before
		answers        int // that the association has had since the look
		want           verdict
	}{
		{"first", 1, 0, 0, 0, 0, answers},
		{"first, while others wait", 1, 1, 500, 0, 0, answers},
		{"the last of the fresh", 1, 0, 0, 0, fresh - 1, answers},
		{"more than that", 1, 1, 0, 0, fresh, waits},
		{"nothing left", 0, 1, 0, 0, 0, waits},
		{"nothing left, too many wait, none of its own", 0, 1, 500, 0, 0, waits},
		{"behind its own", 1, 1, 1, 1, 0, waits},
		{"behind its own, almost too many", 1, 1, 99, 1, 0, waits},
		{"behind its own, too many", 1, 1, 100, 1, 0, refuses},
		{"too many, and enough are refused", 1, 0, 100, 1, 0, waits},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := overload{on: true, rate: 4, look: 7, left: tt.left, refusals: tt.refusals} // patience for 100
			l, other := &link{look: 7, answers: tt.answers}, &link{}
			for i := range tt.waiting {
				in := received{link: other}
				if i < tt.own {
					in.link = l
				}
				o.lines.add(in)
			}
			if got := o.admit(l); got != tt.want {
				t.Errorf("verdict %v, want %v", got, tt.want)
			}
			want := overload{left: tt.left, refusals: tt.refusals}
			switch tt.want {
			case answers:
				want.left, want.answered = want.left-1, 1
			case refuses:
				want.refusals, want.shed = want.refusals-1, 1
			case waits:
			}
			if o.left != want.left || o.refusals != want.refusals || o.answered != want.answered || o.shed != want.shed {
				t.Errorf("%d answers and %d refusals left, %d and %d given, want %d, %d, %d, %d",
					o.left, o.refusals, o.answered, o.shed, want.left, want.refusals, want.answered, want.shed)
			}
		})
	}
	var off overload
	if l := (&link{}); off.admit(l) != answers || off.answered != 1 {
		t.Error("without an overload a resolution is not answered")
	}
	o := overload{on: true, rate: 4, look: 8, left: 1}
	if l := (&link{look: 7, answers: fresh}); o.admit(l) != answers {
		t.Error("answers of before the look count")
	}
}

// An overload begins with half of what was answered before, for a look.
func TestOverloadBeginRate(t *testing.T) {
	for _, tt := range []struct {
		answered int
		took     time.Duration
		want     int
	}{
		{2400, 12 * lookEvery, 100},
		{1000, 5 * lookEvery, 100},
		{10, 12 * lookEvery, always},
		{0, 200 * lookEvery, always},
	} {
		o := overload{answered: tt.answered, shed: 5, calm: 5}
		if o.begin(time.Time{}, tt.took); !o.on || o.rate != tt.want || o.shed != 0 || o.calm != 0 {
			t.Errorf("%d answered in %v: %+v, want a rate of %d", tt.answered, tt.took, o, tt.want)
		}
	}
}
