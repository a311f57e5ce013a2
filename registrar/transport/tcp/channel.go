package tcp

import (
	"io"
	"net"
)

// channel is a connection, and what is said over it.
type channel struct {
	conn *net.TCPConn
	// stream is conn itself, or TLS over it. Deadlines and the end are conn's.
	stream stream
	// secured, identity and generation are those of transport.Peer.
	secured    bool
	identity   string
	generation uint64
}

type stream interface {
	io.ReadWriter
	CloseWrite() error
}

func plain(conn *net.TCPConn) channel { return channel{conn: conn, stream: conn} }
