package tcp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"

	"rserpool/registrar/transport"
)

// notDialled says why a handshake with who was called has failed.
func notDialled(err error) error {
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case noTLS:
		return errors.New("the peer does not speak TLS; want its port for TLS, 3864 as a rule")
	case isAlert(err, "remote error"):
		return transport.Unproven(fmt.Errorf("%w in the TLS handshake: %w", transport.ErrRefused, err))
	case errors.Is(err, errCut), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("%w in the TLS handshake: %w", transport.ErrRefused, err)
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// isAlert reports whether err is one of those with which TLS ends, ours ("local
// error") or the peer's ("remote error").
func isAlert(err error, whose string) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == whose
}
