package handlespace

import "time"

// NextExpiry is when the first element is due; false where none ever is.
func (h *Handlespace) NextExpiry() (time.Time, bool) {
	e, ok := h.expiry.Min()
	if !ok {
		return time.Time{}, false
	}
	return e.expires, true
}

// Expired lists the elements that are due at now, the longest due first. They
// stay until they are removed.
func (h *Handlespace) Expired(now time.Time) []Ref {
	var due []Ref
	h.expiry.Scan(func(e *element) bool {
		if e.expires.After(now) {
			return false
		}
		due = append(due, Ref{e.pool.handle, e.Element.ID})
		return true
	})
	return due
}

func (h *Handlespace) joinExpiry(e *element) {
	if !e.expires.IsZero() {
		h.expiry.Set(e)
	}
}

func (h *Handlespace) leaveExpiry(e *element) {
	if !e.expires.IsZero() {
		h.expiry.Delete(e)
	}
}

func expiresBefore(a, b *element) bool {
	if c := a.expires.Compare(b.expires); c != 0 {
		return c < 0
	}
	return precedes(a, b)
}
