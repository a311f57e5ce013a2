package registrar_test

import (
	"fmt"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// What concerns all elements of a registrar is told in slices: each element once,
// and no step long.
func TestTakeoversInSlices(t *testing.T) {
	const n, slice = 2500, 1000
	for _, tt := range []struct {
		name         string
		home, target wire.ServerID
		// told and shown count what peers and the feed hear of.
		told, shown int
	}{
		{"seen", 0x60, 0x60, 0, n},
		{"refuted", self, self, n, 0}, // ENRP-3.5.2-08
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serving(t)
			crowd(t, w, tt.home, n)
			p := w.peer(0x70, 70)
			told, shown := map[wire.PEIdentifier]int{}, map[wire.PEIdentifier]int{}
			step := func(ev registrar.Event) {
				sent, changed := 0, 0
				for _, e := range w.r.Step(w.now, ev) {
					switch e := e.(type) {
					case registrar.Send:
						if d, err := enrp.Parse(e.Data); e.Association == p && err == nil {
							if m, ok := d.Message.(enrp.HandleUpdate); ok {
								told[m.Element.ID]++
								sent++
							}
						}
					case registrar.Changed:
						if m, ok := e.Message.(enrp.HandleUpdate); ok {
							shown[m.Element.ID]++
							changed++
						}
					}
				}
				if max(sent, changed) > slice {
					t.Errorf("one step tells of %d and shows %d elements, want at most %d", sent, changed, slice)
				}
			}
			step(registrar.Received{Association: p, Data: encoded(t, enrp.TakeoverServer{Takeover: takeover(0x70, tt.target)})})
			for end := w.now.Add(time.Second); ; step(registrar.Tick{}) {
				at, _ := w.r.Deadline()
				if !at.Before(end) {
					break
				}
				w.now = at
			}
			if len(told) != tt.told || len(shown) != tt.shown {
				t.Errorf("told of %d and showed %d elements, want %d and %d", len(told), len(shown), tt.told, tt.shown)
			}
			for id := range wire.PEIdentifier(n) {
				if told[id+1] > 1 || shown[id+1] > 1 {
					t.Fatalf("element %v told %d times and shown %d times, want once", id+1, told[id+1], shown[id+1])
				}
			}
			if err := w.r.Verify(); err != nil {
				t.Error(err)
			}
		})
	}
}

// crowd makes a registrar know n elements of a home.
func crowd(t testing.TB, w *bench, home wire.ServerID, n int) {
	t.Helper()
	element, p := w.element(11), w.peer(0x60, 60)
	for i := range wire.PEIdentifier(n) {
		handle := wire.PoolHandle(fmt.Sprintf("pool-%d", i%100))
		if home != self {
			w.r.Step(w.now, registrar.Received{Association: p, Data: encoded(t, add(home, handle, pe(i+1, 11)))})
			continue
		}
		data, err := asap.Append(nil, asap.Registration{Handle: handle, Element: pe(i+1, 11)})
		if err != nil {
			t.Fatal(err)
		}
		w.r.Step(w.now, registrar.Received{Association: element, Data: data})
	}
}

func encoded(t testing.TB, m enrp.Message) []byte {
	t.Helper()
	data, err := enrp.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
