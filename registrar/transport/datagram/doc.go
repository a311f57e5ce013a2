// Package datagram is the UDP side of a transport endpoint: sockets bound to the
// addresses and ports of one listener, and the path a datagram came by, which is
// the one its answer goes back on.
//
// It knows wildcards, both address families, and several ports. It refuses to
// know what the datagrams carry.
//
// Open bind.go first, then socket.go; choose.go finds the socket for a first datagram.
package datagram
