package web

import (
	"context"
	"net/http"

	"nhooyr.io/websocket" // deprecated upstream; this file is the only one to know it
)

// subprotocol is what both ends of a feed must speak.
const subprotocol = "rserpool.feed.v1"

// socket is the server's end of one WebSocket.
type socket struct{ conn *websocket.Conn }

// accept answers the upgrade; a foreign origin, which sameOrigin has refused
// before, it would refuse too. The error has been sent to the client.
func accept(w http.ResponseWriter, r *http.Request) (*socket, error) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:    []string{subprotocol},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(readLimit)
	return &socket{conn}, nil
}

// agreed reports whether the client speaks our subprotocol: a mismatch is no
// error to the library.
func (s *socket) agreed() bool { return s.conn.Subprotocol() == subprotocol }

// read returns the next binary frame.
func (s *socket) read(ctx context.Context) ([]byte, error) {
	_, b, err := s.conn.Read(ctx)
	return b, err
}

// write sends one binary frame; when ctx ends first, the connection is dead.
func (s *socket) write(ctx context.Context, b []byte) error {
	return s.conn.Write(ctx, websocket.MessageBinary, b)
}

// close ends the connection. The reason has travelled in-band; a closing
// handshake of the library answers the browser's close frame with a second one,
// which the browser reports as an error.
func (s *socket) close() { _ = s.conn.CloseNow() }

// refuse ends a connection that broke the rules.
func (s *socket) refuse(why string) { _ = s.conn.Close(websocket.StatusPolicyViolation, why) }
