//go:build linux && !386

package kernel

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

var (
	errSelf    = errors.New("this is the listener's own address")
	errNone    = errors.New("no address")
	errTooLong = errors.New("peer sent a message longer than 65536 bytes")
	errRestart = errors.New("the peer has begun anew")
	errUDPPort = errors.New("kernel SCTP has no UDP port of its own; leave @... out, or use transport udp")
	// errNoUDP: RFC 6951 has one UDP port for a host.
	errNoUDP = errors.New("this kernel sends no SCTP in UDP; sysctl -w net.sctp.udp_port=9899 lets it, or leave @... out")
)

// lossOf is why an association ended, from what the kernel says of its socket and
// what the peer has said.
func lossOf(socket error, reason string) error {
	switch {
	case errors.Is(socket, unix.ETIMEDOUT), errors.Is(socket, unix.EHOSTUNREACH), errors.Is(socket, unix.ENETUNREACH):
		return fmt.Errorf("%w: %w", transport.ErrLost, socket)
	case reason != "":
		return fmt.Errorf("%w: %s", transport.ErrAborted, reason)
	case errors.Is(socket, unix.ECONNABORTED):
		return fmt.Errorf("%w: protocol violation by the peer", transport.ErrAborted)
	case socket == nil, errors.Is(socket, unix.ECONNRESET):
		return fmt.Errorf("%w: no reason given", transport.ErrAborted)
	}
	return fmt.Errorf("%w: %w", transport.ErrLost, socket)
}

// dialError is why the kernel does not even begin.
func dialError(err error) error {
	switch {
	// The last one: an association has got a socket of its own already.
	case errors.Is(err, unix.EISCONN), errors.Is(err, unix.EALREADY), errors.Is(err, unix.EADDRNOTAVAIL):
		return transport.ErrExists
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH):
		return fmt.Errorf("%w: %w", transport.ErrLost, err)
	}
	return err
}

// cut shortens a reason to what an ABORT may say.
func cut(reason string) string { return reason[:min(len(reason), maxReason)] }
