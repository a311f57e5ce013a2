package asap

import "rserpool/registrar/wire"

// CookieEcho brings the latest cookie to the element that a session fails over
// to (RFC 5352 section 2.2.12).
type CookieEcho struct{ Cookie string }

// Type is TypeCookieEcho.
func (CookieEcho) Type() MessageType { return TypeCookieEcho }
func (CookieEcho) flags() uint8      { return 0 }

func (m CookieEcho) append(w wire.Writer) wire.Writer {
	w.Opaque(wire.TypeCookie, m.Cookie)
	return w
}

func readCookieEcho(r *wire.Reader) CookieEcho { return CookieEcho{r.Opaque(wire.TypeCookie)} }
