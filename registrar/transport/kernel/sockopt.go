//go:build linux && !386

package kernel

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"
)

// Socket options that package sctp does not name, from linux/sctp.h.
const (
	optPeelOffFlags = 122
	optUDPEncaps    = 132
)

// addressSize is that of a sockaddr_storage.
const addressSize = 128

// associationID is the kernel's number for an association of a one-to-many socket;
// 0 means those still to come.
type associationID int32

// setOption sets an SCTP option. Package sctp hands pointers to the stack on as
// numbers, which are wrong when the stack moves meanwhile.
func setOption[T any](fd, name int, value *T) error {
	return setOptionBytes(fd, name, unsafe.Pointer(value), unsafe.Sizeof(*value))
}

func setOptionBytes(fd, name int, value unsafe.Pointer, size uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), sctp.SOL_SCTP, uintptr(name),
		uintptr(value), size, 0)
	if errno != 0 {
		return os.NewSyscallError("setsockopt", errno)
	}
	return nil
}

// getOption lets the kernel read value, which may hold a question, and write it.
func getOption[T any](fd, name int, value *T) error {
	size := uint32(unsafe.Sizeof(*value))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), sctp.SOL_SCTP, uintptr(name),
		uintptr(unsafe.Pointer(value)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return os.NewSyscallError("getsockopt", errno)
	}
	return nil
}

func milliseconds(d time.Duration) uint32 { return uint32(d.Milliseconds()) }

// rtoInfo is struct sctp_rtoinfo.
type rtoInfo struct {
	_                 associationID
	initial, max, min uint32
}

// associationParameters is struct sctp_assocparams.
type associationParameters struct {
	_       associationID
	retries uint16
	_       [14]byte // the peer's paths, both windows and the cookie's life
}

// segment is struct sctp_assoc_value.
type segment struct {
	_    associationID
	size uint32
}

// pathParameters is struct sctp_paddrparams, which is packed.
type pathParameters [156]byte

// heartbeatEnable is SPP_HB_ENABLE.
const heartbeatEnable = 1

func newPathParameters(heartbeat time.Duration, retries int) *pathParameters {
	const idSize = 4
	p := new(pathParameters)
	rest := p[idSize+addressSize:]
	binary.NativeEndian.PutUint32(rest, milliseconds(heartbeat))
	binary.NativeEndian.PutUint16(rest[4:], uint16(retries))
	binary.NativeEndian.PutUint32(rest[14:], heartbeatEnable) // behind path MTU and SACK delay
	return p
}

// apply sets t for all associations to come.
func (t tuning) apply(fd int) error {
	return errors.Join(
		setOption(fd, sctp.SCTP_RTOINFO, &rtoInfo{initial: milliseconds(t.rtoMin), max: milliseconds(t.rtoMax), min: milliseconds(t.rtoMin)}),
		setOption(fd, sctp.SCTP_ASSOCINFO, &associationParameters{retries: uint16(t.retries)}),
		setOption(fd, sctp.SCTP_PEER_ADDR_PARAMS, newPathParameters(t.heartbeat, t.retries)),
		setOption(fd, sctp.SCTP_DELAYED_SACK, &sctp.SackTimer{SackDelay: milliseconds(t.ack), SackFrequency: 2}),
	)
}

// encapsulation is struct sctp_udpencaps; port is in network order.
type encapsulation struct {
	_       associationID
	_       [4]byte
	address [addressSize]byte
	port    [2]byte
	_       [6]byte
}

func setEncapsulation(fd int, port uint16) error {
	var e encapsulation
	binary.BigEndian.PutUint16(e.port[:], port)
	return setOption(fd, optUDPEncaps, &e)
}

// encapsulationPort is the UDP port of the association of fd, 0 without one. A
// kernel that does not know the option does not encapsulate.
func encapsulationPort(fd int, peer netip.AddrPort) uint16 {
	var e encapsulation
	copy(e.address[:], rawAddresses([]netip.Addr{peer.Addr()}, peer.Port()))
	if getOption(fd, optUDPEncaps, &e) != nil {
		return 0
	}
	return binary.BigEndian.Uint16(e.port[:])
}

// peelOffArgument is struct sctp_peeloff_flags_arg.
type peelOffArgument struct {
	id    associationID
	fd    int32
	flags uint32
}

// peelOff gives an association a descriptor of its own. EINVAL means that it has
// ended, or that the thread is not in the network namespace of its socket.
func peelOff(fd int, id associationID) (int, error) {
	argument := peelOffArgument{id: id, flags: unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC}
	if err := getOption(fd, optPeelOffFlags, &argument); err != nil {
		return -1, err
	}
	return int(argument.fd), nil
}

// bindAll binds the socket to all addresses.
func bindAll(fd int, at []netip.Addr, port uint16) error {
	raw := rawAddresses(at, port)
	return setOptionBytes(fd, sctp.SCTP_SOCKOPT_BINDX_ADD, unsafe.Pointer(&raw[0]), uintptr(len(raw)))
}

// connectArgument is struct sctp_getaddrs_old.
type connectArgument struct {
	id        associationID
	size      int32
	addresses *byte
}

// connect begins an association and returns its number.
func connect(fd int, to []netip.Addr, port uint16) (associationID, error) {
	raw := rawAddresses(to, port)
	argument := connectArgument{size: int32(len(raw)), addresses: &raw[0]}
	err := getOption(fd, sctp.SCTP_SOCKOPT_CONNECTX3, &argument)
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return 0, err
	}
	return argument.id, nil
}

func rawAddresses(ips []netip.Addr, port uint16) []byte {
	a := sctp.SCTPAddr{Port: int(port)}
	for _, ip := range ips {
		a.IPAddrs = append(a.IPAddrs, net.IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()})
	}
	return a.ToRawSockAddrBuf()
}

// addressList is struct sctp_getaddrs.
type addressList struct {
	id    associationID
	count uint32
	list  [maxAddrs * unix.SizeofSockaddrInet6]byte
}

// ofEndpoint asks for the addresses that a socket is bound to, ofAssociation for those
// that the peer has been told of: with a wildcard these are fewer. The only association
// of a socket may have any number but 0.
const (
	ofEndpoint    associationID = 0
	ofAssociation associationID = 1
)

// addresses asks for SCTP_GET_PEER_ADDRS or SCTP_GET_LOCAL_ADDRS. Each family has
// entries of its own size.
func addresses(fd, option int, of associationID) (ips []netip.Addr, port uint16, err error) {
	l := &addressList{id: of}
	if err := getOption(fd, option, l); err != nil {
		return nil, 0, err
	}
	ips, port = parseAddresses(l.list[:], int(l.count))
	if len(ips) == 0 {
		return nil, 0, errors.New("the kernel tells no address")
	}
	return ips, port, nil
}

// parseAddresses reads up to count socket addresses of one port.
func parseAddresses(b []byte, count int) (ips []netip.Addr, port uint16) {
	for range count {
		size := unix.SizeofSockaddrInet4
		if len(b) < size {
			break
		}
		var ip netip.Addr
		switch binary.NativeEndian.Uint16(b) {
		case unix.AF_INET:
			ip = netip.AddrFrom4([4]byte(b[4:]))
		case unix.AF_INET6:
			if size = unix.SizeofSockaddrInet6; len(b) < size {
				return ips, port
			}
			ip = netip.AddrFrom16([16]byte(b[8:])).Unmap()
		default:
			return ips, port
		}
		port = binary.BigEndian.Uint16(b[2:])
		ips = append(ips, ip)
		b = b[size:]
	}
	return ips, port
}
