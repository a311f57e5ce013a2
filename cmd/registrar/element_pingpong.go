package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// maxPing bounds a line of the ping-pong protocol.
const maxPing = 512

// pingPong answers "ping N" with "pong N from ELEMENT, M in this session", line by
// line. M counts on where another element left off, if the connection can carry
// the state of a session (RFC 5352 section 3.8).
func pingPong(c net.Conn, id wire.PEIdentifier) {
	keeper, _ := c.(*client.Conn) // nil where there is no control channel
	lines := bufio.NewScanner(forgiving{idle{c}})
	lines.Buffer(make([]byte, 0, maxPing), maxPing)
	count := 0
	for first := true; lines.Scan(); first = false {
		if first && keeper != nil {
			count = stateOf(keeper.State())
		}
		n, ok := strings.CutPrefix(lines.Text(), "ping ")
		if !ok {
			fmt.Fprintf(c, "error: want ping N, have %q\n", lines.Text())
			return
		}
		count++
		if keeper != nil { // before the answer: what was answered has been counted
			if keeper.SaveState(strconv.AppendInt(nil, int64(count), 10)) != nil {
				return
			}
		}
		if _, err := fmt.Fprintf(c, "pong %s from %v, %d in this session\n", n, id, count); err != nil {
			return
		}
	}
}

// stateOf reads the count that a cookie brought; it was signed, so that it is one
// of ours, or there was none.
func stateOf(state []byte) int {
	count, err := strconv.Atoi(string(state))
	if err != nil {
		return 0
	}
	return count
}

// forgiving reads on after a cookie that another key has signed: the session
// begins anew then.
type forgiving struct{ io.Reader }

func (f forgiving) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	if errors.Is(err, endpoint.ErrCookie) {
		return f.Reader.Read(b)
	}
	return n, err
}

// pong is the answer to a datagram, each of which is a session of its own.
func pong(request []byte, id wire.PEIdentifier) []byte {
	line := strings.TrimRight(string(request), "\r\n")
	n, ok := strings.CutPrefix(line, "ping ")
	if !ok || len(request) > maxPing {
		return nil
	}
	return fmt.Appendf(nil, "pong %s from %v, 1 in this session\n", n, id)
}
