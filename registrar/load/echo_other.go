//go:build !linux

package load

import (
	"context"
	"errors"
	"net/netip"

	"rserpool/registrar/transport"
)

// EchoKernel is for Linux, whose kernel has SCTP.
func EchoKernel(context.Context, transport.Address, func(netip.AddrPort)) error {
	return errors.ErrUnsupported
}
