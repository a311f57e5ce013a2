package whatif

import (
	"errors"
	"math/rand/v2"
	"time"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// Member is an element of the copy.
type Member struct {
	ID     wire.PEIdentifier
	Policy wire.Policy
	// Fails: it is out of the pool.
	Fails bool
}

// copied is the handle of every copy.
const copied = "copy"

// Run is a number of handle resolutions for one element each.
type Run struct {
	space  *handlespace.Handlespace
	index  map[wire.PEIdentifier]int
	counts []int
	done   int
	list   []handlespace.Entry
}

// New copies the members that do not fail. The same seed selects the same
// elements on any machine. The error says which member cannot be in the pool.
func New(members []Member, seed uint64) (*Run, error) {
	r := &Run{
		space:  handlespace.New(rand.NewPCG(seed, 0)),
		index:  make(map[wire.PEIdentifier]int, len(members)),
		counts: make([]int, len(members)),
	}
	for i, m := range members {
		if _, twice := r.index[m.ID]; twice {
			return nil, errors.New("element " + m.ID.String() + " is there twice")
		}
		r.index[m.ID] = i
		if m.Fails {
			continue
		}
		pe := wire.PoolElement{
			ID: m.ID, HomeServer: 1, Life: wire.InfiniteLife, Policy: m.Policy,
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 1},
		}
		if _, err := r.space.Put(copied, pe, time.Time{}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Select makes n more selections; none where nobody is left.
func (r *Run) Select(n int) {
	for range n {
		var ok bool
		if _, r.list, ok = r.space.Resolve(copied, 1, r.list[:0]); !ok {
			return
		}
		r.counts[r.index[r.list[0].ID()]]++
		r.done++
	}
}

// Counts is how often each member was selected, in the order given to New. It must
// not be changed.
func (r *Run) Counts() []int { return r.counts }

// Done is the number of selections so far.
func (r *Run) Done() int { return r.done }
