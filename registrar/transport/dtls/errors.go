package dtls

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/pion/dtls/v3/pkg/protocol/alert"

	"rserpool/registrar/transport"
)

// Why a peer was turned away. What Config.Refused gets and what a Dial fails with
// wraps one of them, and so transport.ErrUnproven; the detail never has a key in
// it. A certificate of another name matches identity.ErrMismatch as well, and one
// that is not valid the error of crypto/x509 that says why.
var (
	// ErrWrongKey: the peer does not have the pre-shared key of who it says it is.
	ErrWrongKey = transport.Unproven(errors.New("dtls: wrong pre-shared key"))
	// ErrUnknownIdentity: nobody of that name is in the scope.
	ErrUnknownIdentity = transport.Unproven(errors.New("dtls: unknown identity"))
	// ErrCertificate: there is no certificate, or it is expired, foreign, or of
	// another name.
	ErrCertificate = transport.Unproven(errors.New("dtls: certificate not accepted"))
	// ErrHandshake: the handshake failed before anything was proven, or was not
	// finished in time.
	ErrHandshake = transport.Unproven(errors.New("dtls: handshake failed"))
)

var (
	errSelf = errors.New("this is the listener's own address")
	errFull = errors.New("no room for another association")
	// errOutdone: a session of the other side, or another one of this peer, is
	// the one that counts.
	errOutdone = errors.New("another handshake with the same peer came first")
	// errStale: the peer does not know the cookie that seemed to be its own.
	errStale = fmt.Errorf("%w: it does not know the cookie it gave", transport.ErrRefused)
)

// errUnproven guards what cannot be: a handshake that ends well and asked for
// neither key nor certificate.
var errUnproven = fmt.Errorf("%w: the peer has proven nothing", ErrHandshake)

// unknownPSKIdentity is an alert of RFC 4279 section 2 the engine has no name for.
const unknownPSKIdentity alert.Description = 115

// meaning is what an alert of a peer says to an operator, and the error of this
// package it stands for, if there is one.
func meaning(d alert.Description) (string, error) {
	switch d {
	case alert.InternalError:
		return "it has no room for another association, or failed", nil
	case alert.BadCertificate, alert.UnsupportedCertificate, alert.CertificateExpired,
		alert.CertificateRevoked, alert.CertificateUnknown, alert.UnknownCA, alert.NoCertificate:
		return "it does not accept this end's certificate", ErrCertificate
	case alert.DecryptError, alert.BadRecordMac, unknownPSKIdentity:
		return "it does not accept this end's identity and key", ErrWrongKey
	case alert.InsufficientSecurity, alert.HandshakeFailure, alert.ProtocolVersion:
		return "no method in common: one end may have a key and the other a certificate", ErrHandshake
	default:
		return "", nil
	}
}

// alertError is a fatal alert of peer as an error.
func alertError(base error, peer netip.AddrPort, d alert.Description) error {
	text, kind := meaning(d)
	if text == "" {
		text = "no more is said"
	}
	if kind == nil || errors.Is(kind, base) {
		return fmt.Errorf("%w by %v with DTLS alert %d (%v): %s", base, peer, byte(d), d, text)
	}
	return fmt.Errorf("%w by %v with DTLS alert %d (%v): %w: %s", base, peer, byte(d), d, kind, text)
}

// plain is the text of an error of the DTLS engine without its own prefixes.
func plain(err error) string {
	text := err.Error()
	for _, prefix := range []string{"handshake error: ", "dtls fatal: ", "dtls internal: ", "dtls temporary: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// explain says why the handshake of s failed with err.
func (s *session) explain(ctx context.Context, err error) error {
	refused := s.refusal.Load()
	fatal, alerted := s.ended()
	cause := context.Cause(ctx)
	switch {
	case refused != nil:
		return *refused
	case errors.Is(err, errFull) || errors.Is(err, errOutdone):
		return err
	case errors.Is(cause, errStale):
		return cause
	case alerted && s.client:
		return alertError(transport.ErrRefused, s.path.Remote, fatal)
	case alerted:
		return alertError(ErrHandshake, s.path.Remote, fatal)
	case errors.Is(cause, ErrWrongKey):
		return cause
	case s.client && s.method == byKey && s.finished.Load() && errors.Is(cause, transport.ErrLost):
		return fmt.Errorf("%w after this end's Finished: %w", cause, ErrWrongKey)
	case cause != nil && s.client:
		return cause
	case cause != nil:
		return fmt.Errorf("%w: not finished in time", ErrHandshake)
	}
	return fmt.Errorf("%w: %s", ErrHandshake, plain(err))
}
