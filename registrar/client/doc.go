// Package client is the library for programs that are pool elements or pool
// users of RSerPool. An element, which serves, is in a pool as long as its program
// runs and whatever happens to registrars. A user asks for a pool by its handle,
// gets an element that the pool's policy chooses, and another one when that fails
// (RFC 5352).
//
// A server becomes an element:
//
//	l, err := net.Listen("tcp", ":0")
//	r, err := client.Register(ctx, client.Element{Pool: "EchoPool", Listener: l})
//	defer r.Close(ctx)
//	for {
//		conn, err := l.Accept() // as ever
//
// A user is connected with the pool instead of with a server:
//
//	s, err := client.Dial(ctx, "EchoPool")
//	defer s.Close()
//	io.Copy(s, request) // a net.Conn that survives the element at its other end
//
// Both look for the registrar on this host. A Client, made by Open, knows others,
// and does all the rest:
//
//   - Client.Register: any number of elements, with Registration.SetLoad
//   - Client.Dial: sessions, with OnFailover to repeat what was lost
//   - Client.Listen: elements that serve over SCTP keep the state of a session with
//     its user (Conn.SaveState), and get it from there when they take one over
//   - Client.Resolve and Client.Watch: the elements of a pool, for programs that
//     connect by means of their own, with Client.ReportFailure
//   - Client.Send: single messages to one or all elements of a pool
//
// Elements serve over SCTP, TCP or UDP, whatever registrars are reached by. Only
// SCTP, here in UDP, keeps messages, tells of the death of an element in less than
// a second, and has a control channel for cookies and business cards.
//
// # Errors
//
// They tell what was tried, and have types to ask with errors.As and errors.Is:
// *endpoint.RefusedError is a registrar's no, with its causes; it is
// endpoint.ErrUnknownPool where the pool does not exist. *endpoint.NoServerError
// is no registrar, *endpoint.NoElementError no element that can be reached, each
// with a reason for every one that was tried. endpoint.ErrTimeout is a registrar
// that does not answer, endpoint.ErrStream an element that would register over TCP,
// endpoint.ErrCookie a state that nobody of the pool has signed, *SizeError a
// message that is too long, os.ErrDeadlineExceeded a deadline, and ErrClosed a
// closed Client.
//
// # Units
//
// Registration lives are in seconds, loads are shares from 0 to 1 (package policy
// has the constructors), times are time.Duration. PE identifiers are 32-bit numbers
// that are unique in their pool; 0 is none.
//
// # What it knows, and what not
//
// A Client is one ASAP endpoint: one listener for registrars, one home registrar.
// All methods may be called concurrently. Every decision of the protocol is made by
// package endpoint, whose driver this is: it knows the clock, goroutines, sockets
// and connections, but no timer of the protocol and no bytes of a message.
//
// Open client.go first, then loop.go: one goroutine has the endpoint, everybody else
// hands it functions. link.go is an association with a registrar; channel.go is a
// connection between a user and an element, over one of the carriers (carrier.go,
// sctp.go, socket.go); session.go, conn.go and message.go are what is made of it.
package client
