package main

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"rserpool/registrar/transport/memory"
)

func TestChooseSCTP(t *testing.T) {
	failed := func(err error) error {
		return fmt.Errorf("transport: cannot make an SCTP socket (modprobe sctp): %w", err)
	}
	secure := memory.NewNetwork().Transport(netip.MustParseAddr("192.0.2.1")) // stands for DTLS
	for _, tt := range []struct {
		name      string
		choice    sctp
		want, why string
		err       string
	}{
		{"auto with a kernel", sctp{word: overAuto}, "kernel", "auto: the kernel has SCTP", ""},
		{"auto and a UDP port", sctp{word: overAuto, udpPorts: true}, "kernel+udp", "an address has a UDP port", ""},
		{"auto of a user", sctp{word: overAuto, user: true}, "kernel+udp", "UDP is for those without", ""},
		{"auto without", sctp{word: overAuto, kernel: failed(syscall.EPROTONOSUPPORT)}, "udp", "auto: the kernel has no SCTP (protocol not supported)", ""},
		{"auto, old kernels", sctp{word: overAuto, kernel: failed(syscall.ESOCKTNOSUPPORT)}, "udp", "socket type not supported", ""},
		{"auto, forbidden", sctp{word: overAuto, kernel: failed(syscall.EPERM)}, "udp", "auto: this process may not use the kernel's SCTP (operation not permitted)", ""},
		{"auto hides no other failure", sctp{word: overAuto, kernel: failed(syscall.EMFILE)}, "", "", "--transport auto: transport: cannot make an SCTP socket (modprobe sctp): too many open files"},
		{"udp", sctp{word: overUDP, kernel: failed(syscall.EMFILE)}, "udp", "asked for", ""},
		{"kernel", sctp{word: overKernel}, "kernel", "asked for", ""},
		{"kernel never falls back", sctp{word: overKernel, kernel: failed(syscall.EPROTONOSUPPORT)}, "", "", "--transport kernel: transport: cannot make an SCTP socket"},
		{"both", sctp{word: overKernelUDP}, "kernel+udp", "asked for", ""},
		{"both never fall back", sctp{word: overKernelUDP, kernel: failed(syscall.EPROTONOSUPPORT)}, "", "", "--transport kernel+udp: "},
		{"dtls", sctp{word: overDTLS, secure: secure}, "memory", "asked for", ""},
		{"dtls and plain users", sctp{word: overDTLSUDP, secure: secure, udpPorts: true}, "memory+udp", "asked for", ""},
		{"dtls and plain users on one port", sctp{word: overDTLSUDP, secure: secure}, "", "", "add an address such as --asap :3863@9899"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, why, err := tt.choice.choose()
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q in it", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Name() != tt.want || !strings.Contains(why, tt.why) {
				t.Errorf("%s because %q, want %s because %q", got.Name(), why, tt.want, tt.why)
			}
		})
	}
}
