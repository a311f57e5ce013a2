package replica

import (
	"slices"

	"rserpool/registrar/wire"
)

// byServer has a value for each of some registrars, in the order of their IDs: a
// thousand at most, for which a tree would cost the page more than it saves. The
// zero value is empty.
type byServer[V any] struct {
	ids    []wire.ServerID
	values []V
}

func (m *byServer[V]) Len() int { return len(m.ids) }

func (m *byServer[V]) Get(id wire.ServerID) (v V, ok bool) {
	i, ok := slices.BinarySearch(m.ids, id)
	if ok {
		v = m.values[i]
	}
	return v, ok
}

func (m *byServer[V]) Set(id wire.ServerID, v V) {
	i, ok := slices.BinarySearch(m.ids, id)
	if ok {
		m.values[i] = v
		return
	}
	m.ids, m.values = insert(m.ids, i, id), insert(m.values, i, v)
}

func (m *byServer[V]) Delete(id wire.ServerID) {
	if i, ok := slices.BinarySearch(m.ids, id); ok {
		m.ids, m.values = cut(m.ids, i), cut(m.values, i)
	}
}

// Scan visits all until visit returns false. Nothing may change meanwhile.
func (m *byServer[V]) Scan(visit func(wire.ServerID, V) bool) {
	for i, id := range m.ids {
		if !visit(id, m.values[i]) {
			return
		}
	}
}

// insert is slices.Insert for one value: every type that it is for costs the page's
// program a seventh.
func insert[S ~[]E, E any](s S, i int, v E) S {
	s = append(s, v)
	copy(s[i+1:], s[i:])
	s[i] = v
	return s
}

// cut is slices.Delete for one value, for the same reason.
func cut[S ~[]E, E any](s S, i int) S {
	var none E
	last := len(s) - 1
	copy(s[i:], s[i+1:])
	s[last] = none // what it pointed to is free
	return s[:last]
}
