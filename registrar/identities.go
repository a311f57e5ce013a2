package registrar

import (
	"fmt"

	"rserpool/registrar/index"
)

// identities numbers the identities of elements, so that a record holds no text.
// What no record has is forgotten.
type identities struct {
	numbers map[string]uint32
	all     index.Slab[identity]
}

type identity struct {
	name string
	// records is how many have it.
	records int
}

// name is the identity with a number; 0 is the one without a name.
func (t *identities) name(number uint32) string {
	if number == 0 {
		return ""
	}
	return t.all.At(number).name
}

// change gives a record that had the identity was the one with a name.
func (t *identities) change(was uint32, name string) (number uint32) {
	if t.name(was) == name {
		return was
	}
	if name != "" {
		number = t.take(name)
	}
	t.give(was)
	return number
}

func (t *identities) take(name string) uint32 {
	number, ok := t.numbers[name]
	if !ok {
		if t.numbers == nil {
			t.numbers = make(map[string]uint32)
		}
		number = t.all.Take()
		t.all.At(number).name = name
		t.numbers[name] = number
	}
	t.all.At(number).records++
	return number
}

func (t *identities) give(number uint32) {
	if number == 0 {
		return
	}
	i := t.all.At(number)
	if i.records--; i.records == 0 {
		delete(t.numbers, i.name)
		t.all.Give(number)
	}
}

// verify checks that each identity is counted by so many records, and that there is
// no other one.
func (t *identities) verify(records map[uint32]int) error {
	for name, number := range t.numbers {
		if i := t.all.At(number); i.name != name || name == "" || i.records != records[number] {
			return fmt.Errorf("registrar: identity %q has number %d, and counts %d records of %d", name, number, i.records, records[number])
		}
	}
	if len(t.numbers) != len(records) || t.all.Len() != len(records) {
		return fmt.Errorf("registrar: %d identities, %d have a number, records have %d", t.all.Len(), len(t.numbers), len(records))
	}
	return nil
}
