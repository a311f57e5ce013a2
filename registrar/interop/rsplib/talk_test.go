package rsplib

import (
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
)

// dials is how often it is dialled where signals interrupt it.
const dials = 5

// interrupted reports whether a dial failed since one of the runtime's signals came:
// the library tries again on the same socket, which is on its way then.
func interrupted(err error) bool {
	return errors.Is(err, unix.EINTR) || errors.Is(err, unix.EISCONN) || errors.Is(err, unix.EALREADY)
}

// answerTime is how long a registrar may take to answer.
const answerTime = 30 * time.Second

// talk is an ASAP association of the test itself with a registrar. To start a program
// for the same takes long on User-Mode Linux.
type talk struct {
	conn *sctp.SCTPConn
	buf  []byte
}

// talk dials from the host.
func (h *host) talk(to *host) (*talk, error) {
	h.mine()
	c := &talk{buf: make([]byte, transport.MaxMessage)}
	err := h.inside(func() (err error) {
		from := &sctp.SCTPAddr{IPAddrs: []net.IPAddr{{IP: h.addrs[0].AsSlice()}}}
		for range dials {
			c.conn, err = sctp.DialSCTP("sctp", from, &sctp.SCTPAddr{IPAddrs: []net.IPAddr{{IP: to.addrs[0].AsSlice()}}, Port: asapPort})
			if !interrupted(err) {
				break
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	raw, err := c.conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	limit := unix.NsecToTimeval(int64(answerTime))
	if cerr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptTimeval(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	}); cerr != nil {
		err = cerr
	}
	return c, err
}

// send sends a message.
func (c *talk) send(m asap.Message) error {
	data, err := asap.Append(nil, m)
	if err != nil {
		return err
	}
	_, err = c.conn.SCTPWrite(data, &sctp.SndRcvInfo{PPID: transport.PPIDASAP})
	return err
}

// receive gives the next message.
func (c *talk) receive() (asap.Message, error) {
	n, _, err := c.conn.SCTPRead(c.buf)
	for errors.Is(err, unix.EINTR) { // the runtime's signals end a read that has a limit
		n, _, err = c.conn.SCTPRead(c.buf)
	}
	if err != nil {
		return nil, err
	}
	d, err := asap.Parse(c.buf[:n])
	return d.Message, err
}
