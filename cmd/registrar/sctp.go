package main

import (
	"errors"
	"fmt"
	"syscall"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/kernel"
	"rserpool/registrar/transport/mixed"
	"rserpool/registrar/transport/udp"
)

// The words of --transport that carry SCTP.
const (
	overAuto      = "auto"
	overKernel    = "kernel"
	overUDP       = "udp"
	overKernelUDP = "kernel+udp"
	overDTLS      = "dtls"
	overDTLSUDP   = "dtls+udp"
)

// sctp is what a transport for SCTP is chosen by.
type sctp struct {
	word string
	// kernel is why the system cannot carry SCTP, nil where it can.
	kernel error
	// secure is DTLS with this end's credentials; nil without.
	secure transport.Transport
	// udpPorts: an address has a UDP port of its own, which the kernel does not serve.
	udpPorts bool
	// user: nobody is to be served, so whatever reaches others will do.
	user bool
}

// needsKernel: it matters whether the system has SCTP.
func (s sctp) needsKernel() bool {
	return s.word != overUDP && s.word != overDTLS && s.word != overDTLSUDP
}

// choose gives the transport, and why it is that one. Only auto falls back to
// another, and never to or from DTLS.
func (s sctp) choose() (t transport.Transport, why string, err error) {
	switch s.word {
	case overAuto:
		return s.auto()
	case overUDP:
		return udp.New(), "asked for", nil
	case overKernel, overKernelUDP:
		if s.kernel != nil {
			return nil, "", fmt.Errorf("--transport %s: %w", s.word, s.kernel)
		}
		if s.word == overKernelUDP {
			return mixed.Both(kernel.New(), udp.New()), "asked for", nil
		}
		return kernel.New(), "asked for", nil
	case overDTLS:
		return s.secure, "asked for", nil
	default: // overDTLSUDP
		if !s.udpPorts {
			return nil, "", fail(exitUsage, fmt.Errorf("--transport %s: plain SCTP needs a UDP port besides that of DTLS; add an address such as --asap :3863@9899", s.word))
		}
		return mixed.Split(s.secure, udp.New()), "asked for", nil
	}
}

func (s sctp) auto() (t transport.Transport, why string, err error) {
	switch {
	case s.kernel == nil && s.user:
		return mixed.Both(kernel.New(), udp.New()), "auto: the kernel has SCTP, and UDP is for those without", nil
	case s.kernel == nil && s.udpPorts:
		return mixed.Both(kernel.New(), udp.New()), "auto: the kernel has SCTP, and an address has a UDP port", nil
	case s.kernel == nil:
		return kernel.New(), "auto: the kernel has SCTP", nil
	}
	// Any other failure is not hidden behind another transport.
	for known, what := range map[error]string{
		syscall.EPROTONOSUPPORT: "the kernel has no SCTP",
		syscall.ESOCKTNOSUPPORT: "the kernel has no SCTP",
		syscall.EAFNOSUPPORT:    "the kernel has no SCTP",
		syscall.EPERM:           "this process may not use the kernel's SCTP",
		syscall.EACCES:          "this process may not use the kernel's SCTP",
	} {
		if errors.Is(s.kernel, known) {
			return udp.New(), fmt.Sprintf("auto: %s (%v)", what, known), nil
		}
	}
	return nil, "", fmt.Errorf("--transport auto: %w", s.kernel)
}
