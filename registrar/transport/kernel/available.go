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
	err := probe()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("transport: no SCTP in this kernel (%s): %w", remedy, err)
	default:
		return fmt.Errorf("transport: cannot make an SCTP socket (%s): %w", remedy, err)
	}
}
