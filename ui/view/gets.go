package view

import (
	"math"
	"strconv"

	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// GetsItems is how many elements the page asks for, as most pool users do.
const GetsItems = 3

// Answer is what the registrar has said that a user of a pool would get.
type Answer struct {
	Pool wire.PoolHandle
	// Elements are the elements, best first.
	Elements []wire.PEIdentifier
	// Fault is why there are none.
	Fault string
}

// NewAnswer makes an answer of the API's: its status, 0 where nobody answered, the
// identifiers, and the words of a problem.
func NewAnswer(pool wire.PoolHandle, status int, ids []string, detail string) *Answer {
	a := &Answer{Pool: pool}
	for _, text := range ids {
		if id, err := wire.ParseID(text); err == nil {
			a.Elements = append(a.Elements, wire.PEIdentifier(id))
		}
	}
	switch {
	case status == 0:
		a.Fault = "The registrar does not answer."
	case status != 200 && detail == "":
		a.Fault = "The registrar answers with status " + strconv.Itoa(status) + "."
	case status != 200:
		a.Fault = detail
	}
	return a
}

// GetRow is an element that a user would get.
type GetRow struct {
	ID, Number, URL  string
	State            Badge
	Value, Transport string
}

// Key is the identifier.
func (r GetRow) Key() string { return r.ID }

// Slots gives the values of the row.
func (r GetRow) Slots(set Set) {
	set("id", r.ID)
	set("number", r.Number)
	set("url", r.URL)
	r.State.slots("state", set)
	set("value", r.Value)
	set("transport", r.Transport)
}

// gets fills in what a user would get.
func (p *PoolPage) gets(r *replica.Replica, q Query) {
	a := q.Answer
	if a == nil || a.Pool != q.Pool {
		p.GetsNote = "Ask, and the registrar says which elements it would give, best first. Asking moves nothing."
		return
	}
	suspect := 0
	for i, id := range a.Elements {
		row := GetRow{ID: id.String(), Number: strconv.Itoa(i + 1), URL: q.choose(replica.Ref{Handle: q.Pool, ID: id}), State: quiet("off", "removed", "Gone")}
		if e, ok := r.Element(q.Pool, id); ok {
			row.State, row.Transport = elementBadge(e.State.Health), Transport(e.UserTransport)
			row.Value, _, _ = policyCell(e.Policy, 0)
			if e.State.Health != 0 {
				suspect++
			}
		}
		p.Gets = append(p.Gets, row)
	}
	switch {
	case a.Fault != "":
		p.GetsNote = a.Fault
	case suspect == 1:
		p.GetsNote = "One of them does not answer as it should: it is still given until it is removed."
	case suspect > 1:
		p.GetsNote = Number(suspect) + " of them do not answer as they should: they are still given until they are removed."
	default:
		p.GetsNote = "As of the moment of asking, which moves nothing: the next user gets that."
	}
}

// spreadMost bounds the pools whose elements are all looked at for each paint.
const spreadMost = 5000

// spread says of what the policy goes by how little and how much of it there is.
func spread(r *replica.Replica, pool replica.Pool) string {
	title := policy.Title(pool.Policy.Type)
	least, most, sum := uint32(math.MaxUint32), uint32(0), uint64(0)
	if pool.Len > spreadMost {
		return title
	}
	unit := policy.Number
	for e := range r.Elements(pool.Handle) {
		v, ok := goesBy(e.Policy)
		if !ok {
			return title
		}
		least, most, sum, unit = min(least, v.Value), max(most, v.Value), sum+uint64(v.Value), v.Unit
	}
	text := func(n uint32) string { return valueText(policy.FieldValue{Field: policy.Field{Unit: unit}, Value: n}) }
	switch {
	case least == most:
		return title + ", all at " + text(least)
	case unit == policy.Share:
		return title + ", " + text(least) + " to " + text(most)
	default:
		return title + ", " + text(least) + " to " + text(most) + ", " + Number(int(sum)) + " in all" //nolint:gosec // a sum of 5,000
	}
}
