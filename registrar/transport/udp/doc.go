// Package udp carries SCTP in UDP (RFC 6951) in user space: no privileges, no
// kernel support, and interoperable with a kernel's SCTP over UDP.
//
// One mux owns the UDP sockets of a listener. It does itself what has to be
// right before strangers are trusted: checksum, verification tags, the
// four-way handshake with a stateless cookie, heartbeats, loss detection and
// limits. Only an established association gets an engine (pion/sctp), which
// does what SCTP does with DATA: order, fragments, windows, congestion.
//
//	UDP socket -> mux (packet.go, mux.go) -> association (association.go)
//	  -> conn (conn.go) -> engine -> inbox -> Recv
//
// Port p of SCTP is bound at UDP port p unless Address.UDPPort says otherwise;
// port 0 picks a free UDP port and uses its number for both.
//
// When two listeners dial each other at once, both INITs carry the tag the
// side answers with, so the two attempts are one association (RFC 9260
// sections 5.2.1 and 5.2.4); a peer that restarted replaces its old one.
//
// A silent peer is probed (silence.go, heartbeat.go), and where it has named
// several addresses, the association moves to one that answers when the one in
// use does not (target.go). This end is one address to its peers: INIT and INIT
// ACK name none, because a NAT would not rewrite them (RFC 6951 section 5.7).
//
// It refuses to know several paths at a time, streams other than 0 for sending,
// and ASAP and ENRP. ICMP is not listened to (RFC 6951 section 5.5).
//
// What the engine does worse than a kernel expects of its peer is mended on the
// way: the window it tells (window.go), HEARTBEATs without info (conn.go), packets
// longer than it can read (inbound.go), and DATA that a peer short of memory takes
// back (sack.go). A DATA chunk of more than 8180 bytes, such as a kernel sends on the
// loopback and on jumbo frames unless SCTP_MAXSEG says otherwise, ends the association.
//
// A round trip of 100 bytes takes three to four times as long as over plain UDP
// (BenchmarkRoundTrip beside BenchmarkPlainUDP: 23,000 and 84,000 a second on two
// cores). Of its 41 us of CPU time a third goes into sending three datagrams, as
// every second DATA is acknowledged on its own, an eighth into receiving them, a
// fifth into goroutine switches (socket, engine, stream, Recv; Send, engine), the
// rest into the engine and its 100 allocations; the mux itself needs 2 us.
//
// Open transport.go first, then mux.go, accept.go and dial.go for the
// handshake, association.go for what follows.
package udp
