// Package transport says what the registrar and its clients need from SCTP,
// and nothing of how it is done: reliable, ordered, message-oriented
// associations between endpoints that have several addresses and one port.
//
// It knows addresses (HOST:PORT[@UDPPORT]), why an association ended, and the
// limits every backend keeps. It refuses to know ASAP, ENRP and any socket.
//
// Open transport.go first: it is the whole contract. direct.go is what some backends can
// besides: send without waiting, and hand on what arrives. The backends are beside
// it, each passing the one suite of transporttest:
//
//   - memory: a network inside the process, for tests in virtual time
//   - udp: SCTP in UDP (RFC 6951), in user space, no privileges needed
//   - kernel: the SCTP of the operating system, multi-homed
//   - dtls: SCTP over DTLS (RFC 8261), where both ends prove who they are
//   - tcp: ASAP over TCP and TLS, for pool users; the suite is told what TCP cannot do
//   - mixed: two of these as one
//
// They share inbox, the queue of received messages; engine, the SCTP in user space;
// datagram, the UDP sockets; and identity, who proves what. Package announce is no
// backend: it sends to multicast groups and hears them.
package transport
