package view

import "slices"

// Op is one step that turns the rows of a list that is shown into those that it
// should show.
type Op struct {
	// Key is the row; Before is the row it goes before, empty for the end.
	Key, Before string
	// Kind says what to do with it.
	Kind OpKind
}

// OpKind is the kind of an Op.
type OpKind uint8

// The kinds.
const (
	// Remove takes the row out.
	Remove OpKind = iota
	// Insert puts a new row in.
	Insert
	// Move puts a row that is there elsewhere. Rows that keep their order among
	// each other are never moved, so focus and selection stay.
	Move
)

// Diff gives the steps from the keys that are shown to those wanted: removals
// first, then from the end to the start, so that Before is always in place.
func Diff(shown, want []string) []Op {
	var ops []Op
	at := make(map[string]int, len(want))
	for i, k := range want {
		at[k] = i
	}
	kept := make([]int, 0, len(shown)) // where the rows that stay should be
	place := make(map[string]bool, len(shown))
	for _, k := range shown {
		if i, ok := at[k]; ok && !place[k] {
			kept = append(kept, i)
			place[k] = true
		} else {
			ops = append(ops, Op{Key: k, Kind: Remove})
		}
	}
	still := make([]bool, len(want))
	for _, i := range rising(kept) {
		still[i] = true
	}
	before := ""
	for i, k := range slices.Backward(want) {

		switch {
		case still[i]:
		case place[k]:
			ops = append(ops, Op{k, before, Move})
		default:
			ops = append(ops, Op{k, before, Insert})
		}
		before = k
	}
	return ops
}

// rising gives a longest rising subsequence of list.
func rising(list []int) []int {
	var tails []int // tails[n]: index in list of the smallest end of a run of n+1
	prev := make([]int, len(list))
	for i, v := range list {
		lo, hi := 0, len(tails)
		for lo < hi {
			mid := (lo + hi) / 2
			if list[tails[mid]] < v {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		prev[i] = -1
		if lo > 0 {
			prev[i] = tails[lo-1]
		}
		if lo == len(tails) {
			tails = append(tails, i)
		} else {
			tails[lo] = i
		}
	}
	run := make([]int, len(tails))
	if len(tails) == 0 {
		return run
	}
	for n, i := len(tails)-1, tails[len(tails)-1]; n >= 0; n, i = n-1, prev[i] {
		run[n] = list[i]
	}
	return run
}

// Hold keeps the order of rows that are shown while somebody points at them:
// what stays keeps its place, what is new comes last.
func Hold(shown, want []Row) []Row {
	left := make(map[string]Row, len(want))
	for _, r := range want {
		left[r.Key()] = r
	}
	held := make([]Row, 0, len(want))
	for _, r := range shown {
		if now, ok := left[r.Key()]; ok {
			held = append(held, now)
			delete(left, r.Key())
		}
	}
	for _, r := range want {
		if _, ok := left[r.Key()]; ok {
			held = append(held, r)
		}
	}
	return held
}
