package registrar

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A million records are a million times this, and nothing for the garbage collector
// to look at.
func TestRecordsHoldNoPointers(t *testing.T) {
	for _, tt := range []struct {
		of   reflect.Type
		want uintptr
	}{
		{reflect.TypeFor[element](), 64},
		{reflect.TypeFor[turn](), 16},
	} {
		if got := tt.of.Size(); got != tt.want {
			t.Errorf("%v has %d bytes, want %d", tt.of, got, tt.want)
		}
		if where := pointer(tt.of); where != "" {
			t.Errorf("%v holds a pointer: %s", tt.of, where)
		}
	}
}

// pointer names the first part of a type that is one, or has one.
func pointer(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		for f := range t.Fields() {
			if where := pointer(f.Type); where != "" {
				return f.Name + " " + where
			}
		}
		return ""
	case reflect.Bool, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Int64:
		return ""
	default:
		return t.String()
	}
}

// TestRecords compares the records with a map of what each element should have.
func TestRecords(t *testing.T) {
	type model struct {
		number    uint32
		owner     string
		contender *contender
	}
	rapid.Check(t, func(t *rapid.T) {
		s := newRecords()
		want := make(map[uint32]model)
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			place := rapid.Uint32Range(1, 1200).Draw(t, "place")
			if len(want) > 0 && rapid.Bool().Draw(t, "known") {
				place = rapid.SampledFrom(slices.Sorted(maps.Keys(want))).Draw(t, "which")
			}
			el := s.find(place)
			m, known := want[place]
			if (el != nil) != known {
				t.Fatalf("element %d has a record: %v, want %v", place, el != nil, known)
			}
			switch rapid.SampledFrom([]string{"add", "own", "contend", "remove"}).Draw(t, "op") {
			case "add":
				if !known {
					el = s.add(place)
					want[place] = model{number: s.number(el)}
				}
			case "own":
				if known {
					m.owner = rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "owner")
					el.owner = s.owners.change(el.owner, m.owner)
					want[place] = m
				}
			case "contend":
				if known {
					m.contender = &contender{}
					s.contenders[m.number] = m.contender
					want[place] = m
				}
			case "remove":
				if known {
					s.remove(el)
					delete(want, place)
				}
			}
			owners, contenders := make(map[uint32]int), 0
			for place, m := range want {
				el := s.find(place)
				if el == nil || el.place != place || el.asked != never || s.number(el) != m.number || s.at(m.number) != el {
					t.Fatalf("element %d, record %d, has %+v", place, m.number, el)
				}
				if name := s.owners.name(el.owner); name != m.owner || s.contenders[m.number] != m.contender {
					t.Fatalf("element %d has owner %q and contender %p, want %+v", place, name, s.contenders[m.number], m)
				}
				if el.owner != 0 {
					owners[el.owner]++
				}
				if m.contender != nil {
					contenders++
				}
			}
			if s.Len() != len(want) || len(s.contenders) != contenders {
				t.Fatalf("%d records and %d contenders, want %d and %d", s.Len(), len(s.contenders), len(want), contenders)
			}
			if err := s.owners.verify(owners); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestIdentities(t *testing.T) {
	var ids identities
	var held [3]uint32 // what three records have
	for i, tt := range []struct {
		record int
		name   string
		want   string // who is known then
	}{
		{0, "a", "[a]"},
		{1, "a", "[a]"},
		{0, "b", "[a b]"},
		{1, "b", "[b]"},
		{1, "b", "[b]"},
		{2, "", "[b]"},
		{0, "", "[b]"},
		{1, "", "[]"},
		{2, "c", "[c]"},
	} {
		held[tt.record] = ids.change(held[tt.record], tt.name)
		if got := ids.name(held[tt.record]); got != tt.name {
			t.Errorf("step %d: %q, want %q", i, got, tt.name)
		}
		if got := fmt.Sprint(slices.Sorted(maps.Keys(ids.numbers))); got != tt.want || ids.all.Len() != len(ids.numbers) {
			t.Errorf("step %d: %s are known, want %s", i, got, tt.want)
		}
	}
}
