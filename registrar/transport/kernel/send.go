//go:build linux && !386

package kernel

import (
	"encoding/binary"
	"os"
	"unsafe"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"
)

// sendFlags are enum sctp_sinfo_flags; package sctp has another number for sendEOF.
type sendFlags uint16

const (
	sendUnordered sendFlags = 1 << 0
	// sendAbort aborts the association; the data is the reason.
	sendAbort sendFlags = 1 << 2
	// sendEOF shuts the association down, without data.
	sendEOF sendFlags = unix.MSG_FIN
)

// sendInfo says how to send.
type sendInfo struct {
	id    associationID // 0 on the socket of one association
	ppid  uint32
	flags sendFlags
}

// sendInfoSize is that of struct sctp_sndinfo.
const sendInfoSize = 16

// sendMessage is one sendmsg on stream 0. unix.SendmsgN sends a byte where there
// is none, and a shutdown must have none.
func sendMessage(fd int, data []byte, info sendInfo) error {
	var control [controlSize]byte
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control))
	h.Level, h.Type = unix.IPPROTO_SCTP, sctp.SCTP_CMSG_SNDINFO
	h.SetLen(unix.CmsgLen(sendInfoSize))
	value := control[unix.CmsgLen(0):]
	binary.NativeEndian.PutUint16(value[2:], uint16(info.flags)) // behind the stream
	binary.BigEndian.PutUint32(value[4:], info.ppid)
	binary.NativeEndian.PutUint32(value[12:], uint32(info.id)) // behind the context
	vector := unix.Iovec{Base: unsafe.SliceData(data)}
	vector.SetLen(len(data))
	message := unix.Msghdr{Iov: &vector, Control: &control[0]}
	message.SetIovlen(1)
	message.SetControllen(unix.CmsgSpace(sendInfoSize))
	for {
		_, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&message)), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return os.NewSyscallError("sendmsg", errno)
		}
	}
}
