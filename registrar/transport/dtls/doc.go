// Package dtls carries SCTP in DTLS 1.2 over UDP (RFC 8261) in user space: what
// registrars and pool elements say to each other is secret and unchanged, and each
// end has proven who it is, by a pre-shared key or a certificate (RFC 5353 section
// 6, RFC 5352 section 9). There is no association without that proof.
//
// One mux owns the UDP sockets of a listener, which accepts and dials. It sends
// each datagram to the session of its remote address:
//
//	UDP socket -> mux (mux.go) -> session (session.go) -> DTLS engine (pion/dtls)
//	  -> conn (conn.go) -> SCTP engine (pion/sctp) -> inbox -> Recv
//
// One session has one association. Its SCTP ports are inside, and are the real
// ones; port 0 picks a free UDP port and uses its number for both.
//
// Strangers. The server's cookie (HelloVerifyRequest) is checked by the DTLS
// engine, which keeps state for it: a forged ClientHello costs some 40 KB and four
// goroutines. So no more than Config.MaxHalfOpen of them live, three an address,
// 1,000 new ones a second, and the oldest gives way; who is real returns the cookie
// within a round trip and cannot be pushed out any more. Past the cookie, as many
// may be in a handshake or wait for Accept; beyond, a ClientHello is answered with
// an alert and nothing is kept.
//
// Both dial. Every ClientHello of a dial carries the dial's token in its random.
// Both ends see both tokens: the higher one stays client, the other one serves as
// soon as the peer's cookie has come back, so that a forged ClientHello takes no
// dial away. A peer that restarted proves itself anew before its old association
// is replaced. A client whose cookie the server does not know, since it was forged
// or its session had to give way, is told by an alert, and begins anew.
//
// Keys. The server names itself in the identity hint, the client in its identity.
// An identity nobody knows gets a random key, so that a stranger cannot tell names
// that exist. The engine says nothing about a key that does not fit; the server
// finds out when the client's Finished stays unreadable, and tells it by an alert.
// Identities and certificates travel in clear, as always in DTLS 1.2.
//
// It refuses to know which identity may do what (package auth does), connection
// IDs (a peer behind a NAT that changes its port has to dial anew), resumption,
// several paths to one peer, streams other than 0 for sending, and ASAP and ENRP.
// A record that was changed on the way is dropped and sent again, as RFC 6347
// section 4.1.2.7 wants it; when all are, the association is lost.
//
// Open transport.go first, then mux.go, accept.go and dial.go, proof.go for
// who is let in, association.go for what follows.
package dtls
