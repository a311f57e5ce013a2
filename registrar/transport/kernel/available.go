package kernel

import (
	"errors"
	"fmt"
)

// remedy is what to do about a system without SCTP.
const remedy = "modprobe sctp, or --transport udp"

// Available returns nil where the system lets this process make an SCTP socket.
// Else the error says what to do, and wraps the system's own: EPROTONOSUPPORT,
// ESOCKTNOSUPPORT or EAFNOSUPPORT without SCTP, EPERM or EACCES without permission.
func Available() error {
	if err := probe(); err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable says what to do when err is all that comes of an attempt to make a socket.
func unavailable(err error) error {
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("transport: no SCTP in this kernel (%s): %w", remedy, err)
	}
	return fmt.Errorf("transport: cannot make an SCTP socket (%s): %w", remedy, err)
}
