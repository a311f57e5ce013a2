package tcp

import (
	"errors"
	"io"
	"net"
	"time"
)

// errCut: a connection has ended, and TLS has not. Whoever is on the way can do
// that; only the peer can end TLS (close_notify, RFC 8446 section 6.1).
var errCut = errors.New("the connection ended without the end of TLS; something may be missing")

// socket is what TLS reads from and writes to.
type socket struct{ *net.TCPConn }

// Read tells the end of the connection from that of TLS: crypto/tls takes one
// between two records for the other.
func (s socket) Read(b []byte) (int, error) {
	n, err := s.TCPConn.Read(b)
	if errors.Is(err, io.EOF) {
		err = errCut
	}
	return n, err
}

// SetWriteDeadline does nothing: crypto/tls would give the last record five
// seconds. The association sets deadlines at the connection itself.
func (socket) SetWriteDeadline(time.Time) error { return nil }
