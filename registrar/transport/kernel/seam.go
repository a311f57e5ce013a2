//go:build linux && !386

package kernel

import (
	"net/netip"

	"rserpool/registrar/transport"
)

// endpoint is the one-to-many socket of a listener: it holds its port, and the
// associations that have no socket of their own yet. Tests have another, without
// a kernel.
type endpoint interface {
	// receive waits for notifications and hands them to take, until take returns
	// false or nothing can arrive any more.
	receive(take func([]piece) bool) error
	// accept lets peers open associations, or has the kernel refuse them.
	accept(bool) error
	// connect begins an association. What comes of it is a notification.
	connect(to transport.Address) (associationID, error)
	// abort ends an association that has no socket of its own.
	abort(id associationID, reason string)
	// peelOff gives an association a socket of its own.
	peelOff(id associationID) (conn, error)
	// addrs are the addresses that were bound, and the port.
	addrs() ([]netip.Addr, uint16)
	// woke says that somebody waits for a processor with what was taken.
	woke()
	// behind calls reached when all is seen to that has arrived by now, here and for all
	// other sockets, with how many have had something since.
	behind(reached func(visits int))
	// close ends receive, and frees the port once nothing else uses it.
	close()
}

// conn is the socket of one association.
type conn interface {
	receive(take func([]piece) bool) error
	// awaitEnd waits until the kernel has the association no more, and reports
	// whether that is why it returns: wake and close end it too.
	awaitEnd() bool
	// wake ends the awaitEnd that waits now or next; rearm undoes it.
	wake()
	rearm()
	// send sends a message. Without wait it fails with EAGAIN when there is no room.
	send(data []byte, info sendInfo, wait bool) error
	// giveUp ends the send that waits now or next with os.ErrDeadlineExceeded, resume undoes it.
	giveUp()
	resume()
	// woke says that somebody waits for a processor with what was taken.
	woke()
	// failure is what the kernel says of a lost association, nil without anything.
	failure() error
	// ends are this end's addresses, and the other end.
	ends() ([]netip.AddrPort, transport.Peer, error)
	// close frees the socket. An association that it still has is aborted.
	close()
}
