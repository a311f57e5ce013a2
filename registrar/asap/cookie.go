package asap

import "rserpool/registrar/wire"

// Cookie carries the state of a session from a pool element to its user, who
// keeps it unread (RFC 5352 section 2.2.11).
type Cookie struct{ Cookie string }

// Type is TypeCookie.
func (Cookie) Type() MessageType { return TypeCookie }
func (Cookie) flags() uint8      { return 0 }

func (m Cookie) append(w wire.Writer) wire.Writer {
	w.Opaque(wire.TypeCookie, m.Cookie)
	return w
}

func readCookie(r *wire.Reader) Cookie { return Cookie{r.Opaque(wire.TypeCookie)} }
