package registrar

// numbered gives a new association its number, by which elements name it.
func (r *Registrar) numbered(a *association) {
	a.number = r.numbers.Take()
	*r.numbers.At(a.number) = a
}

// via is the association over which the element is reached, nil while there is none.
func (r *Registrar) via(el *element) *association {
	if el.via == 0 {
		return nil
	}
	return *r.numbers.At(el.via)
}

// attach makes a the association over which the element is reached.
func (r *Registrar) attach(el *element, a *association) {
	if el.via == a.number {
		return
	}
	r.detach(el)
	el.via, el.slot = a.number, uint32(len(a.elements)) //nolint:gosec // fewer than numbers of records
	a.elements = append(a.elements, r.records.number(el))
}

// detach takes the element off its association. One that was opened to call
// elements ends with the last of them.
func (r *Registrar) detach(el *element) {
	a := r.via(el)
	if a == nil {
		return
	}
	last := len(a.elements) - 1
	moved := a.elements[last]
	a.elements[el.slot] = moved
	r.records.at(moved).slot = el.slot
	a.elements = a.elements[:last]
	el.via, el.slot = 0, 0
	if a.opened && last == 0 {
		r.disconnect(a)
	}
}

// waitFor makes the element's keep-alive wait for a dial. It must not be reached
// over an association.
func (r *Registrar) waitFor(el *element, d *dial) {
	el.slot = d.short()
	d.elements = append(d.elements, r.records.number(el))
}

// waitsFor reports whether it does; a dial has also those that no longer do, or are
// others by now.
func (el *element) waitsFor(d *dial) bool { return el.via == 0 && el.slot == d.short() }

// waitNoMore ends the waiting for a dial, if it goes on.
func (el *element) waitNoMore() {
	if el.via == 0 {
		el.slot = 0
	}
}

// short is the number of a dial in records. It is that of no other one: as many do
// not wait at the same time.
func (d *dial) short() uint32 { return uint32(d.id) } //nolint:gosec // see above
