//go:build linux && !386

package kernel

import (
	"encoding/binary"
	"os"
	"sync"
	"unsafe"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"
)

// piece is what one recvmsg gives: a message, a part of one, or a notification.
type piece struct {
	data         []byte // as long as the batch is
	notification bool
	// last ends a message.
	last   bool
	stream uint16
	ppid   uint32
}

// header is struct mmsghdr.
type header struct {
	message unix.Msghdr
	size    uint32
}

// controlSize is room for the one control message that is asked for.
const controlSize = 64

// batch is where one system call puts what it reads.
type batch struct {
	headers [batchSize]header
	vectors [batchSize]unix.Iovec
	control [batchSize][controlSize]byte
	data    [batchSize][pieceSize]byte
	pieces  [batchSize]piece
}

// batches are those that nobody reads into: an idle association has none.
var batches = sync.Pool{New: func() any {
	b := new(batch)
	for i := range b.headers {
		b.vectors[i].Base = &b.data[i][0]
		b.vectors[i].SetLen(pieceSize)
		b.headers[i].message.Iov = &b.vectors[i]
		b.headers[i].message.SetIovlen(1)
		b.headers[i].message.Control = &b.control[i][0]
	}
	return b
}}

// read reads up to limit pieces; less means that nothing is left.
func (b *batch) read(fd, limit int) ([]piece, error) {
	for i := range limit {
		b.headers[i].message.SetControllen(controlSize)
	}
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd),
			uintptr(unsafe.Pointer(&b.headers)), uintptr(limit), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			for i := range int(n) {
				b.pieces[i] = b.piece(i)
			}
			return b.pieces[:n], nil
		case unix.EINTR:
		default:
			return nil, os.NewSyscallError("recvmmsg", errno)
		}
	}
}

func (b *batch) piece(i int) piece {
	h := &b.headers[i]
	p := piece{
		data:         b.data[i][:h.size],
		notification: h.message.Flags&sctp.MSG_NOTIFICATION != 0,
		last:         h.message.Flags&unix.MSG_EOR != 0,
	}
	p.stream, p.ppid = receiveInfo(b.control[i][:min(h.message.Controllen, controlSize)])
	return p
}

// receiveInfo finds stream and payload protocol in a struct sctp_sndrcvinfo.
func receiveInfo(control []byte) (stream uint16, ppid uint32) {
	for len(control) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		if h.Level == unix.IPPROTO_SCTP && h.Type == sctp.SCTP_CMSG_SNDRCV && len(data) >= 12 {
			return binary.NativeEndian.Uint16(data), binary.BigEndian.Uint32(data[8:])
		}
		control = rest
	}
	return 0, 0
}
